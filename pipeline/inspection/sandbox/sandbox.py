"""Inspects files in child processes that may die, so that no file can harm the process that asks."""

import os
import stat
import time
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from errno import EINVAL
from hashlib import file_digest
from io import BufferedReader
from pathlib import Path
from threading import BoundedSemaphore, Lock
from types import TracebackType
from typing import Final, Self

from pipeline.inspection.findings import finding
from pipeline.inspection.report import FileReport
from pipeline.inspection.rules import FileRules
from pipeline.inspection.sandbox.errors import ChildDied
from pipeline.inspection.sandbox.fork_client import Nursery
from pipeline.inspection.sandbox.limits import Limits
from pipeline.inspection.sandbox.request import Request
from pipeline.inspection.sandbox.terms import Terms
from pipeline.inspection.sandbox.worker import Answer, Child, Question

EXAMINE: Final = "pipeline.inspection.sandbox.examine:examine"


@dataclass(frozen=True, slots=True)
class Death:
    """How a child ended over a file: why, in words that no child chose, and its exit code, a signal as its negative number."""

    reason: str
    exit_code: int | None


@dataclass(frozen=True, slots=True)
class Inspected:
    """A report, the signals for the reviewer, and what it took.

    Milliseconds of both tries, if there were two, but not of starting the first child. The child's peak of memory in MiB,
    0 when none lived to tell it.
    """

    report: FileReport
    signals: Mapping[str, object]
    milliseconds: float
    peak_rss_mib: float
    deaths: tuple[Death, ...] = ()


class Sandbox:
    """Inspects files in child processes that may die. Thread-safe; nothing starts before the first use."""

    def __init__(self, *, children: int = 2, limits: Limits = Limits(), look: str = EXAMINE) -> None:  # noqa: B008  # frozen
        """`look` is the dotted name of what looks at a file (`module:function`, as `examine.Look`)."""
        self._limits = limits
        self._nursery = Nursery(Terms(look=look, limits=limits).model_dump_json())
        self._children = children
        self._places = BoundedSemaphore(children)
        self._lock = Lock()
        self._idle: list[Child] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def inspect(
        self, path: Path, *, rules: FileRules, declared_type: str | None = None, filename: str | None = None
    ) -> Inspected:
        """Inspect the file at `path`; waits while all children are busy.

        A file that two children die of, or that takes too long, is reported with the finding `processing_limit`.
        Raises OSError when there is no file to be read at `path`, and SandboxUnavailable when no child can be started.
        """
        request = Request.of(path, rules=rules, declared_type=declared_type, filename=filename)
        with _opened(path) as file, self._places:
            question = Question(request.model_dump_json().encode(), rules, _size(file))
            plainer = replace(
                question, frame=request.model_copy(update={"with_signals": False}).model_dump_json().encode()
            )
            child = self._take()
            started = time.monotonic()
            tried = self._try(child, question, plainer, started + self._limits.wall_seconds)
            elapsed = (time.monotonic() - started) * 1000
            answer = _died(file, question.size) if isinstance(tried[-1], Death) else tried[-1]
        deaths = tuple(each for each in tried if isinstance(each, Death))
        return Inspected(answer.report, answer.signals, elapsed, answer.peak_rss_mib, deaths)

    def protections(self) -> tuple[str, ...]:
        """What holds a child on this machine, of `confine.PROTECTIONS`. Raises SandboxUnavailable."""
        with self._places:
            child = self._take()
            self._give_back(child)
            return child.protections

    def close(self) -> None:
        """End all children, a busy one after its file. What is inspected afterwards starts new ones."""
        with ExitStack() as places:
            for _ in range(self._children):
                places.enter_context(self._places)
            while self._idle:
                self._idle.pop().end()
            self._nursery.close()

    def _try(self, child: Child, question: Question, plainer: Question, deadline: float) -> list[Answer | Death]:
        """Ask this child, and if it dies a fresh one, without signals: they never refuse a file.

        What used up its time is not tried again: it had all of it.
        """
        tried = [self._ask(child, question, deadline)]
        if isinstance(tried[0], Death) and time.monotonic() < deadline:
            tried.append(self._ask(Child(self._nursery, self._limits), plainer, deadline))
        return tried

    def _ask(self, child: Child, question: Question, deadline: float) -> Answer | Death:
        try:
            answer = child.ask(question, deadline=deadline)
        except ChildDied as death:
            return Death(str(death), child.end())
        self._give_back(child)
        return answer

    def _take(self) -> Child:
        """An idle child, the one used last, since its memory is warm; else a new one."""
        with self._lock:
            if self._idle:
                return self._idle.pop()
        return Child(self._nursery, self._limits)

    def _give_back(self, child: Child) -> None:
        if child.worn_out:
            child.end()
            return
        with self._lock:
            self._idle.append(child)


def _opened(path: Path) -> BufferedReader:
    """Raises OSError for what is not an ordinary file: a pipe might never begin, or never end."""
    file = open(path, "rb", opener=lambda name, flags: os.open(name, flags | os.O_NONBLOCK))  # noqa: SIM115  # Path.open takes no opener
    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        file.close()
        raise OSError(EINVAL, "Not an ordinary file", str(path))
    return file


def _size(file: BufferedReader) -> int:
    return os.fstat(file.fileno()).st_size


def _died(file: BufferedReader, size: int) -> Answer:
    found = (finding("processing_limit"),)
    return Answer(FileReport(size, file_digest(file, "sha256").hexdigest(), None, None, None, None, found, ()), {}, 0.0)
