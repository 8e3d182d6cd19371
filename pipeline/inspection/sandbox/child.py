import socket
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from pipeline.inspection.report import FileReport
from pipeline.inspection.sandbox import framing, reply
from pipeline.inspection.sandbox.confine import PROTECTIONS
from pipeline.inspection.sandbox.fork_client import ForkClient, SandboxUnavailable
from pipeline.inspection.sandbox.report_check import checked_report
from pipeline.inspection.sandbox.request import ChildLimits, Request

_MIB: Final = 1024 * 1024
_SECONDS_TO_GET_READY: Final = 30.0


class ChildDied(Exception):
    """A child ended or had to be ended before it had answered; the message says how."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A report that passed the checks, with the signals for the reviewer and the child's peak of memory in MiB."""

    report: FileReport
    signals: Mapping[str, object]
    peak_rss_mib: float


class Child:
    """One child that lives until it is ended. Not thread-safe."""

    def __init__(self, server: ForkClient, limits: ChildLimits) -> None:
        """Start it and wait until it is confined. Raises SandboxUnavailable."""
        self._server = server
        self._limits = limits
        self._files = 0
        self._kept_mib = 0.0
        self._pid, self._link = server.fork()
        self.protections = self._greeting()

    @property
    def worn_out(self) -> bool:
        """Whether it has seen enough files, or keeps too much memory."""
        return self._files >= self._limits.files_per_child or self._kept_mib * _MIB > self._limits.rss_per_child

    def ask(self, request: Request, *, size: int, deadline: float) -> Answer:
        """Have it examine a file of `size` bytes until `deadline` (monotonic). Raises ChildDied, and then it has to be ended."""
        try:
            self._require_silence()
            framing.write(self._link, request.model_dump_json().encode())
            return self._receive(request, size, deadline)
        except TimeoutError as error:
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

    def _greeting(self) -> tuple[str, ...]:
        try:
            greeting = self._next(time.monotonic() + _SECONDS_TO_GET_READY)
        except (OSError, EOFError, ValueError) as error:
            self.end()
            raise SandboxUnavailable("A child for an inspection did not get ready.") from error
        named = greeting.protections if isinstance(greeting, reply.Greeting) else ()
        return tuple(each for each in PROTECTIONS if each in named)

    def _next(self, deadline: float) -> reply.Reply | reply.Failure | reply.Greeting:
        return reply.parse(framing.receive(self._link, most=self._limits.header_bytes, deadline=deadline))

    def _require_silence(self) -> None:
        """Raise where a child has sent data unasked: it would be taken for the answer about the next file."""
        with suppress(BlockingIOError):
            self._link.settimeout(None)
            if self._link.recv(1, socket.MSG_DONTWAIT | socket.MSG_PEEK):
                raise ValueError("it speaks unasked")
            raise EOFError

    def _receive(self, request: Request, size: int, deadline: float) -> Answer:
        header = self._next(deadline)
        if isinstance(header, reply.Failure):
            raise ChildDied(f"it gave up: {header.reason}")
        if not isinstance(header, reply.Reply) or header.bytes_to_follow > self._limits.renditions_bytes:
            raise ValueError("not a report, or a report that is too long")
        bodies = [framing.receive_exactly(self._link, each.length, deadline=deadline) for each in header.renditions]
        report = checked_report(header, bodies, limits=request.limits, size=size)
        self._files += 1
        self._kept_mib = header.rss_mib
        return Answer(report, header.signals, header.peak_rss_mib)
