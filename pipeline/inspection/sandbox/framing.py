"""What goes over the socket between a child and its parent: a length in four bytes, then that many bytes."""

import socket
import struct
import time
from collections.abc import Sequence
from typing import Final

_LENGTH: Final = struct.Struct(">I")


class FrameTooLong(ValueError):
    """The length that was announced is beyond what the reader takes."""


def write(link: socket.socket, frame: bytes, bodies: Sequence[bytes] = ()) -> None:
    """Send a frame, and after it the bytes of `bodies` as they are; the frame says their lengths."""
    link.sendall(_LENGTH.pack(len(frame)) + frame)
    for body in bodies:
        link.sendall(body)


def receive(link: socket.socket, *, most: int, deadline: float | None = None) -> bytes:
    """The next frame. Raises FrameTooLong, EOFError when the other side is gone, TimeoutError at the deadline (monotonic)."""
    (length,) = _LENGTH.unpack(receive_exactly(link, _LENGTH.size, deadline=deadline))
    if length > most:
        raise FrameTooLong(f"{length} bytes announced, {most} allowed")
    return receive_exactly(link, length, deadline=deadline)


def receive_exactly(link: socket.socket, length: int, *, deadline: float | None = None) -> bytes:
    """So many bytes. Raises as `receive` does."""
    buffer = bytearray(length)
    view, at = memoryview(buffer), 0
    while at < length:
        link.settimeout(None if deadline is None else _remaining(deadline))
        got = link.recv_into(view[at:])
        if got == 0:
            raise EOFError("the other side is gone")
        at += got
    return bytes(buffer)


def _remaining(deadline: float) -> float:
    seconds = deadline - time.monotonic()
    if seconds <= 0:
        raise TimeoutError("the time is up")
    return seconds
