import os
import stat
import time
from collections import deque
from collections.abc import Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from errno import EINVAL
from hashlib import file_digest
from io import BufferedReader
from pathlib import Path
from threading import BoundedSemaphore
from types import TracebackType
from typing import Final, Self

from pipeline.inspection.findings import finding
from pipeline.inspection.report import FileReport
from pipeline.inspection.sandbox.child import Answer, Child, ChildDied
from pipeline.inspection.sandbox.fork_client import ForkClient
from pipeline.inspection.sandbox.request import ChildLimits, Request, Terms
from pipeline.policy.files import FileLimits

EXAMINE: Final = "pipeline.inspection.sandbox.examine:examine"


@dataclass(frozen=True, slots=True)
class Death:
    """How a child ended over a file: why, in our own words, and its exit code, a signal as its negative number."""

    reason: str
    exit_code: int | None


@dataclass(frozen=True, slots=True)
class Inspected:
    """A report, the signals for the reviewer, and what it took.

    Milliseconds of both tries, if there were two, but not of starting the first child. The child's peak of memory in MiB,
    0 when both died.
    """

    report: FileReport
    signals: Mapping[str, object]
    milliseconds: float
    peak_rss_mib: float
    deaths: tuple[Death, ...] = ()


class Sandbox:
    """Inspects files in child processes. Thread-safe; nothing starts before the first use."""

    def __init__(self, *, children: int = 2, limits: ChildLimits = ChildLimits(), examine: str = EXAMINE) -> None:  # noqa: B008  # frozen
        """`examine` is the dotted name of the function that examines a file (`module:function`, as `request.Examine`)."""
        self._limits = limits
        self._server = ForkClient(Terms(examine=examine, limits=limits).model_dump_json())
        self._children = children
        self._places = BoundedSemaphore(children)
        self._idle = deque[Child]()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def inspect(
        self, path: Path, *, limits: FileLimits, declared_type: str | None = None, filename: str | None = None
    ) -> Inspected:
        """Inspect the file at `path`; waits while all children are busy.

        A file that two children die of, or that takes too long, is reported with the finding `processing_limit`.
        Raises OSError when there is no file to be read at `path`, and SandboxUnavailable when no child can be started.
        """
        request = Request.of(path, limits=limits, declared_type=declared_type, filename=filename)
        deaths: list[Death] = []
        with _opened(path) as file, self._places:
            size = os.fstat(file.fileno()).st_size
            child, started = self._take(), time.monotonic()
            deadline = started + self._limits.wall_seconds
            answer = self._ask(child, request, size, deadline, deaths)
            if answer is None and time.monotonic() < deadline:
                # Without signals, since they never refuse a file. One that used up its time is not tried again.
                plainer = request.model_copy(update={"with_signals": False})
                answer = self._ask(self._start(), plainer, size, deadline, deaths)
            milliseconds = (time.monotonic() - started) * 1000
            answer = answer or _refusal(file, size)
        return Inspected(answer.report, answer.signals, milliseconds, answer.peak_rss_mib, tuple(deaths))

    def protections(self) -> tuple[str, ...]:
        """What confines a child on this machine, of `confine.PROTECTIONS`. Raises SandboxUnavailable."""
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
            self._server.close()

    def _ask(self, child: Child, request: Request, size: int, deadline: float, deaths: list[Death]) -> Answer | None:
        """None when the child died; then its death is added to `deaths`."""
        try:
            answer = child.ask(request, size=size, deadline=deadline)
        except ChildDied as death:
            deaths.append(Death(str(death), child.end()))
            return None
        self._give_back(child)
        return answer

    def _start(self) -> Child:
        return Child(self._server, self._limits)

    def _take(self) -> Child:
        """An idle child, the one used last, since its memory is warm; else a new one."""
        with suppress(IndexError):
            return self._idle.pop()
        return self._start()

    def _give_back(self, child: Child) -> None:
        if child.worn_out:
            child.end()
        else:
            self._idle.append(child)


def _opened(path: Path) -> BufferedReader:
    """Raises OSError for what is not an ordinary file: a pipe might never begin, or never end."""
    file = open(path, "rb", opener=lambda name, flags: os.open(name, flags | os.O_NONBLOCK))  # noqa: SIM115  # Path.open takes no opener
    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        file.close()
        raise OSError(EINVAL, "Not an ordinary file", str(path))
    return file


def _refusal(file: BufferedReader, size: int) -> Answer:
    """The answer for a file that no child survived."""
    digest = file_digest(file, "sha256").hexdigest()
    return Answer(FileReport(size, digest, findings=(finding("processing_limit"),)), {}, 0.0)
