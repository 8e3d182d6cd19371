import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from pipeline.inspection.confinement.confine import PROTECTIONS
from pipeline.inspection.findings import finding
from pipeline.inspection.report import FileReport
from pipeline.inspection.sandbox.child import Child, ChildDied
from pipeline.inspection.sandbox.children import Children, Weakened, log_weakened
from pipeline.inspection.sandbox.reply import Done, Reply
from pipeline.inspection.sandbox.report_check import Untrustworthy, checked_report
from pipeline.inspection.sandbox.request import ChildLimits, Inspection, Terms, as_text
from pipeline.inspection.sandbox.source import Source, opened
from pipeline.policy.files import FileLimits

EXAMINE: Final = "pipeline.inspection.sandbox.examine:examine"


@dataclass(frozen=True, slots=True)
class Death:
    """How a child ended over a file: why, in our own words, and its exit code, a signal as its negative number."""

    reason: str
    exit_code: int | None


@dataclass(frozen=True, slots=True)
class Answer:
    """A report that passed the checks, with the signals for the reviewer and the child's peak of memory in MiB."""

    report: FileReport
    signals: Mapping[str, object]
    peak_rss_mib: float


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

    def __init__(
        self,
        *,
        children: int = 2,
        limits: ChildLimits = ChildLimits(),  # noqa: B008  # frozen
        examine: str = EXAMINE,
        required: bool = True,
        weakened: Weakened = log_weakened,
    ) -> None:
        """`examine` is the dotted name of the function that examines a file (`module:function`, as `request.Examine`).

        `required` inspects nothing where the machine lacks a protection of `advice.REQUIRED`; else `weakened` is told.
        """
        self._limits = limits
        self._children = Children(
            Terms(work=examine, limits=limits), most=children, required=required, weakened=weakened
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def inspect(
        self, path: Path, *, limits: FileLimits, declared_type: str | None = None, filename: str | None = None
    ) -> Inspected:
        """Inspect the file at `path`; waits while all children are busy. The child gets it opened, and opens none itself.

        A file that two children die of, or that takes too long, is reported with the finding `processing_limit`.
        Raises OSError when there is no file to be read at `path`, and SandboxUnavailable when no child can be started.
        """
        deaths: list[Death] = []
        with opened(path) as file, self._children.place():
            asked = {"limits": limits, "declared_type": as_text(declared_type), "filename": as_text(filename)}
            request = Inspection(sha256=file.sha256, **asked)
            child, started = self._children.take(), time.monotonic()
            deadline = started + self._limits.wall_seconds
            answer = self._ask(child, request, file, deadline, deaths)
            if answer is None and time.monotonic() < deadline:
                # Without signals, since they never refuse a file. One that used up its time is not tried again.
                plainer = request.model_copy(update={"with_signals": False})
                answer = self._ask(self._children.start(), plainer, file, deadline, deaths)
            milliseconds = (time.monotonic() - started) * 1000
            answer = answer or _refusal(file)
        return Inspected(answer.report, answer.signals, milliseconds, answer.peak_rss_mib, tuple(deaths))

    def protections(self) -> tuple[str, ...]:
        """What confines a child on this machine, of `confine.PROTECTIONS`. Raises SandboxUnavailable."""
        missing = self.missing()
        return tuple(each for each in PROTECTIONS if each not in missing)

    def missing(self) -> Mapping[str, str]:
        """The protections that are not on here, each with the reason. Raises SandboxUnavailable."""
        return self._children.missing()

    def close(self) -> None:
        """End all children, a busy one after its file. What is inspected afterwards starts new ones."""
        self._children.close()

    def _ask(
        self, child: Child, request: Inspection, file: Source, deadline: float, deaths: list[Death]
    ) -> Answer | None:
        """None when the child died; then its death is added to `deaths`."""
        try:
            answer = child.ask(request, file.descriptor, deadline=deadline, take=partial(_answer, request, file))
        except ChildDied as death:
            deaths.append(Death(str(death), child.end()))
            return None
        self._children.give_back(child)
        return answer


def _answer(request: Inspection, file: Source, header: Done, bodies: Sequence[bytes]) -> Answer:
    if not isinstance(header, Reply):
        raise Untrustworthy("it is not a report")
    if header.sha256 != file.sha256:
        raise Untrustworthy("it is about another file")
    report = checked_report(header, bodies, limits=request.limits, size=file.size)
    return Answer(report, header.read_signals(), header.peak_rss_mib)


def _refusal(file: Source) -> Answer:
    """The answer for a file that no child survived."""
    report = FileReport(file.size, file.sha256, findings=(finding("processing_limit"),))
    return Answer(report, {}, 0.0)
