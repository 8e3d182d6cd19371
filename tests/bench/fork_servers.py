"""Our fork server beside that of multiprocessing, with the same children (docs/adr/0013)."""

import os
import socket
from multiprocessing import get_context
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import monotonic
from typing import TYPE_CHECKING, Final

from config.policy import load_policy
from pipeline.inspection.sandbox.child import Child
from pipeline.inspection.sandbox.child_main import live
from pipeline.inspection.sandbox.examine import examine
from pipeline.inspection.sandbox.fork_client import ForkClient
from pipeline.inspection.sandbox.reply import Done
from pipeline.inspection.sandbox.request import ChildLimits, Inspection, Terms
from pipeline.inspection.sandbox.sandbox import EXAMINE
from pipeline.inspection.sandbox.source import Source, opened
from tests.bench.measure import Measure, interleaved
from tests.support.files import photo

if TYPE_CHECKING:
    from multiprocessing.context import ForkServerProcess

STARTS = 30
FILES = 300
WARM = 20
LIMITS: Final = ChildLimits(files_per_child=10 * FILES)
TERMS: Final = Terms(work=EXAMINE, limits=LIMITS).model_dump_json()
CONTEXT: Final = get_context("forkserver")


class OfMultiprocessing(ForkClient):
    """Starts and ends children by multiprocessing. What it lacks in safety stands in the decision."""

    def __init__(self) -> None:
        super().__init__(TERMS)
        self._processes: dict[int, ForkServerProcess] = {}
        CONTEXT.set_forkserver_preload([__name__])

    def fork(self) -> tuple[int, socket.socket]:
        ours, theirs = socket.socketpair()
        process = CONTEXT.Process(target=live_there, args=(theirs,), daemon=True)
        with theirs:
            process.start()
        pid = process.pid or 0
        self._processes[pid] = process
        return pid, ours

    def end(self, pid: int) -> int | None:
        process = self._processes.pop(pid)
        process.kill()
        process.join()
        return process.exitcode


def live_there(link: socket.socket) -> None:
    """The life of a child that multiprocessing started."""
    live(link, Terms.model_validate_json(TERMS), examine, parent=os.getppid(), network="")


def measures() -> list[Measure]:
    """The start of a child with its end, and a file that costs next to nothing; medians, and the median of the ratios in each turn."""
    ours, theirs = ForkClient(TERMS), OfMultiprocessing()
    with TemporaryDirectory(prefix="proofdesk-bench-") as folder:
        path = Path(folder, "nothing.jpg")
        path.write_bytes(photo(side=8))
        first, second = Child(ours, LIMITS), Child(theirs, LIMITS)
        with opened(path) as file:
            works = (lambda: ask(first, file), lambda: ask(second, file))
            interleaved(*works, rounds=WARM)
            files = interleaved(*works, rounds=FILES)
        starts = interleaved(lambda: Child(ours, LIMITS).end(), lambda: Child(theirs, LIMITS).end(), rounds=STARTS)
        first.end()
        second.end()
    ours.close()
    return [*compared("start of a child", *starts), *compared("small file", *files)]


def ask(child: Child, file: Source) -> Done:
    request = Inspection(sha256=file.sha256, limits=load_policy().files.avatar, declared_type=None, filename=None)
    deadline = monotonic() + LIMITS.wall_seconds
    return child.ask(request, file.descriptor, deadline=deadline, take=lambda header, _: header)


def compared(what: str, ours: list[float], theirs: list[float]) -> list[Measure]:
    ratio = median(their / our for our, their in zip(ours, theirs, strict=True))
    return [
        Measure(f"{what}: our fork server", median(ours), "ms"),
        Measure(f"{what}: multiprocessing's", median(theirs), "ms"),
        Measure(f"{what}: ratio", ratio, "×"),
    ]
