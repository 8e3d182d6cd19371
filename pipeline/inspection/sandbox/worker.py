"""The parent's side of one child: asks it, believes nothing without a check, and knows when it is worn out."""

import socket
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from pipeline.inspection.report import FileReport
from pipeline.inspection.rules import FileRules
from pipeline.inspection.sandbox import framing, reply
from pipeline.inspection.sandbox.confine import PROTECTIONS
from pipeline.inspection.sandbox.errors import ChildDied, SandboxUnavailable
from pipeline.inspection.sandbox.fork_client import Nursery
from pipeline.inspection.sandbox.limits import Limits
from pipeline.inspection.sandbox.report_check import believe

_MIB: Final = 1024 * 1024
_SECONDS_TO_GET_READY: Final = 30.0


@dataclass(frozen=True, slots=True)
class Question:
    """One file for a child: the request's frame, and what its answer is held against (`size` in bytes)."""

    frame: bytes
    rules: FileRules
    size: int


@dataclass(frozen=True, slots=True)
class Answer:
    """A report that is believed, with the signals for the reviewer and the child's peak of memory in MiB."""

    report: FileReport
    signals: Mapping[str, object]
    peak_rss_mib: float


class Child:
    """One child that lives until it is ended. Not thread-safe: whoever holds it asks it."""

    def __init__(self, nursery: Nursery, limits: Limits) -> None:
        """Start it and wait until it is confined. Raises SandboxUnavailable."""
        self._nursery = nursery
        self._limits = limits
        self._files = 0
        self._kept_mib = 0.0
        self.pid, self._link = nursery.start()
        self.protections = self._greeting()

    @property
    def worn_out(self) -> bool:
        """Whether it has seen enough files, or keeps too much memory."""
        return self._files >= self._limits.files_per_child or self._kept_mib * _MIB > self._limits.rss_per_child

    def ask(self, question: Question, *, deadline: float) -> Answer:
        """Have it look at a file until `deadline` (monotonic). Raises ChildDied, and then it has to be ended."""
        try:
            self._require_silence()
            framing.write(self._link, question.frame)
            return self._listen(question, deadline)
        except TimeoutError as error:
            raise ChildDied("it took too long") from error
        except (OSError, EOFError) as error:
            raise ChildDied("it ended") from error
        except ValueError as error:
            raise ChildDied(f"its reply is broken: {error}") from error

    def end(self) -> int | None:
        """End it, and say how it ended: a signal as its negative number."""
        ended = self._nursery.end(self.pid)
        self._link.close()
        return ended

    def _greeting(self) -> tuple[str, ...]:
        try:
            deadline = time.monotonic() + _SECONDS_TO_GET_READY
            said = reply.parse(framing.receive(self._link, most=self._limits.header_bytes, deadline=deadline))
        except (OSError, EOFError, ValueError) as error:
            self.end()
            raise SandboxUnavailable("A child for an inspection did not get ready.") from error
        told = said.protections if isinstance(said, reply.Greeting) else ()
        return tuple(each for each in PROTECTIONS if each in told)

    def _require_silence(self) -> None:
        """A child that says more than it was asked would answer for the next file, of somebody else."""
        with suppress(BlockingIOError):
            self._link.settimeout(None)
            if self._link.recv(1, socket.MSG_DONTWAIT | socket.MSG_PEEK):
                raise ValueError("it speaks unasked")
            raise EOFError

    def _listen(self, question: Question, deadline: float) -> Answer:
        said = reply.parse(framing.receive(self._link, most=self._limits.header_bytes, deadline=deadline))
        if isinstance(said, reply.Failure):
            raise ChildDied(f"it gave up: {said.reason}")
        if not isinstance(said, reply.Reply) or sum(each.length for each in said.renditions) > self._most:
            raise ValueError("not a report, or a report that is too long")
        bodies = [framing.receive_exactly(self._link, each.length, deadline=deadline) for each in said.renditions]
        report = believe(said, bodies, rules=question.rules, size=question.size)
        self._files += 1
        self._kept_mib = said.rss_mib
        return Answer(report, said.signals, said.peak_rss_mib)

    @property
    def _most(self) -> int:
        return self._limits.renditions_bytes
