import socket
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Final, TypeVar

from pipeline.inspection.confinement.confine import PROTECTIONS
from pipeline.inspection.sandbox import framing, reply
from pipeline.inspection.sandbox.fork_client import ForkClient, SandboxUnavailable
from pipeline.inspection.sandbox.request import ChildLimits, Request

_MIB: Final = 1024 * 1024
_SECONDS_TO_GET_READY: Final = 30.0
_Answer = TypeVar("_Answer")
Take = Callable[[reply.Done, Sequence[bytes]], _Answer]
"""Turns what a child has answered into what was asked for. Raises ValueError for an answer that breaks a rule."""


class ChildDied(Exception):
    """A child ended or had to be ended before it had answered; the message says how."""


class Child:
    """One child that lives until it is ended. Not thread-safe."""

    def __init__(self, server: ForkClient, limits: ChildLimits) -> None:
        """Start it and wait until it is confined. Raises SandboxUnavailable."""
        self._server = server
        self._limits = limits
        self._files = 0
        self._kept_mib = 0.0
        self._pid, self._link = server.fork()
        self.missing: Mapping[str, str] = self._greeting()

    @property
    def worn_out(self) -> bool:
        """Whether it has seen enough files, or keeps too much memory."""
        return self._files >= self._limits.files_per_child or self._kept_mib * _MIB > self._limits.rss_per_child

    def ask(self, request: Request, file: int, *, deadline: float, take: Take[_Answer]) -> _Answer:
        """Have it do this with an open file until `deadline` (monotonic). Raises ChildDied, and then it has to be ended."""
        try:
            self._require_silence()
            self._link.settimeout(max(deadline - time.monotonic(), 0))
            framing.send_with_file(self._link, request.model_dump_json().encode(), file)
            return self._receive(deadline, take)
        except (TimeoutError, BlockingIOError) as error:
            raise ChildDied("it took too long") from error
        except (OSError, EOFError) as error:
            raise ChildDied("it ended") from error
        except ValueError as error:
            raise ChildDied(f"its reply is broken: {error}") from error

    def end(self) -> int | None:
        """End it and return its exit code, a signal as its negative number."""
        ended = self._server.end(self._pid)
        self._link.close()
        return ended

    def _greeting(self) -> Mapping[str, str]:
        """The protections that are not on, each with the reason. It comes before the child has seen a stranger's file."""
        try:
            greeting = self._next(time.monotonic() + _SECONDS_TO_GET_READY)
        except (OSError, EOFError, ValueError) as error:
            self.end()
            raise SandboxUnavailable("A child for an inspection did not get ready.") from error
        if not isinstance(greeting, reply.Greeting):
            self.end()
            reason = greeting.reason if isinstance(greeting, reply.Failure) else "it did not say how it is confined"
            raise SandboxUnavailable(f"A child for an inspection did not get ready: {reason}.")
        unnamed = dict.fromkeys(set(PROTECTIONS) - set(greeting.protections), "unknown")
        return {**unnamed, **greeting.missing}

    def _next(self, deadline: float) -> reply.Answer:
        return reply.parse(framing.receive(self._link, most=self._limits.header_bytes, deadline=deadline))

    def _require_silence(self) -> None:
        """Raise where a child has sent data unasked: it would be taken for the answer about the next file."""
        with suppress(BlockingIOError):
            self._link.settimeout(None)
            if self._link.recv(1, socket.MSG_DONTWAIT | socket.MSG_PEEK):
                raise ValueError("it speaks unasked")
            raise EOFError

    def _receive(self, deadline: float, take: Take[_Answer]) -> _Answer:
        header = self._next(deadline)
        if isinstance(header, reply.Failure):
            raise ChildDied(f"it gave up: {header.reason}")
        if isinstance(header, reply.Greeting) or sum(header.lengths) > self._limits.renditions_bytes:
            raise ValueError("not a report, or a report that is too long")
        bodies = [framing.receive_exactly(self._link, each, deadline=deadline) for each in header.lengths]
        answer = take(header, bodies)
        self._files += 1
        self._kept_mib = header.rss_mib
        return answer
