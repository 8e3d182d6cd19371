import asyncio
from collections.abc import Callable
from typing import Any, Final

from web.edge.errors import KIB

LINGER_SECONDS: Final = 2.0
LINGER_BYTES: Final = 256 * KIB
"""How long, and how much of it, a request is still taken off the line after its answer, so that its sender reads the answer.

A socket that is closed while bytes of the client lie unread in it is reset, and many clients then throw the answer away.
"""


class LeavingTransport(asyncio.Transport):
    """A connection's transport. When it is closed in the middle of a request, it stays open for reading for a moment."""

    def __init__(self, transport: asyncio.Transport, *, is_complete: Callable[[], bool], patience: float) -> None:
        super().__init__()
        self._transport, self._is_complete, self._patience = transport, is_complete, patience
        self._is_closing = False
        self._left = LINGER_BYTES

    def close(self) -> None:
        """Send what is written, and close."""
        if self._is_closing:
            return
        self._is_closing = True
        loop = asyncio.get_running_loop()
        if self._is_complete() or self._transport.is_closing():
            self._transport.close()
            if self._transport.get_write_buffer_size():
                loop.call_later(self._patience, self._transport.abort)
            return
        self._transport.write_eof()
        self._transport.resume_reading()
        loop.call_later(LINGER_SECONDS, self._transport.abort)

    def discard(self, count: int) -> None:
        """Bytes came after the answer."""
        self._left -= count
        if self._left < 0:
            self._transport.abort()

    def is_closing(self) -> bool:
        """Whether the connection is being closed, or is closed."""
        return self._is_closing or self._transport.is_closing()

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Send bytes, unless the connection is being closed."""
        if not self._is_closing:
            self._transport.write(data)

    def abort(self) -> None:
        """Close at once."""
        self._is_closing = True
        self._transport.abort()

    def pause_reading(self) -> None:
        """Take nothing off the line for now."""
        if not self._is_closing:
            self._transport.pause_reading()

    def resume_reading(self) -> None:
        """Take bytes off the line again."""
        self._transport.resume_reading()

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        """What the transport knows of its socket."""
        return self._transport.get_extra_info(name, default)
