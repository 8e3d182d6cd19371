import contextlib
import os
import signal
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import psutil

from cli.embedded import EmbeddedError
from cli.embedded.home import Home, read_json

MARK: Final = "PROOFDESK_SUPERVISED"
CLOCK_TOLERANCE: Final = 2.0
SECONDS_TO_END: Final = 8.0
SECONDS_TO_DIE: Final = 3.0


@dataclass(frozen=True)
class Leftovers:
    """What was cleaned up: the names of the ended processes by id, and the removed state files."""

    ended: dict[int, str]
    files: list[str]

    def __bool__(self) -> bool:
        return bool(self.ended or self.files)


def clean(home: Home, *, patience: float = SECONDS_TO_END) -> Leftovers:
    """End every process of an earlier run on this home and remove its state files. The caller holds the lock.

    A process has `patience` seconds to end by itself. Raises EmbeddedError when one cannot be ended.
    """
    found = find(home)
    names = {process.pid: _name(process) for process in found}
    _end(found, patience)
    files = [home.children, home.environment, *_stale_postmaster(home)]
    present = [file for file in files if file.exists()]
    for file in present:
        file.unlink()
    return Leftovers(names, [str(file.relative_to(home.path)) for file in present])


def find(home: Home) -> list[psutil.Process]:
    """The living processes of an earlier run, with all their descendants; never this process or its parents."""
    ours = {os.getpid(), *(parent.pid for parent in psutil.Process().parents())}
    marked = (process for process in psutil.process_iter() if _belongs(process, home))
    family = {process.pid: process for start in (*_recorded(home), *marked) for process in _with_descendants(start)}
    return [process for pid, process in family.items() if pid not in ours and _lives(process)]


def _recorded(home: Home) -> Iterable[psutil.Process]:
    for entry in read_json(home.children).get("children", []):
        with contextlib.suppress(psutil.Error):
            process = psutil.Process(entry["pid"])
            if abs(process.create_time() - entry["create_time"]) < CLOCK_TOLERANCE:
                yield process


def _belongs(process: psutil.Process, home: Home) -> bool:
    """Whether its environment names the home. PostgreSQL's backends overwrite theirs, but work in the data directory."""
    with contextlib.suppress(psutil.Error, OSError):
        if process.environ().get(MARK) == str(home.path):
            return True
    return _works_in_cluster(process, home)


def _works_in_cluster(process: psutil.Process, home: Home) -> bool:
    with contextlib.suppress(psutil.Error, OSError):
        return process.name() == "postgres" and process.cwd() == str(home.cluster)
    return False


def _with_descendants(process: psutil.Process) -> list[psutil.Process]:
    with contextlib.suppress(psutil.Error):
        return [process, *process.children(recursive=True)]
    return [process]


def _end(processes: list[psutil.Process], patience: float) -> None:
    """Ask all to end; then PostgreSQL to shut down immediately and kill the others; then kill all."""
    steps = (
        (signal.SIGINT, signal.SIGTERM, patience),
        (signal.SIGQUIT, signal.SIGKILL, SECONDS_TO_DIE),
        (signal.SIGKILL, signal.SIGKILL, SECONDS_TO_DIE),
    )
    living = processes
    for for_postgres, for_others, seconds in steps:
        for process in living:
            _send(process, for_postgres if _name(process) == "postgres" else for_others)
        _, waited = psutil.wait_procs(living, timeout=seconds)
        living = [process for process in waited if _lives(process)]
        if not living:
            return
    raise EmbeddedError(f"An earlier run left {_listed(living)}, which could not be ended. End them, then start again.")


def _send(process: psutil.Process, number: int) -> None:
    try:
        process.send_signal(number)
    except psutil.AccessDenied as error:
        message = f"An earlier run left {_listed([process])}, which belongs to another user. End it, then start again."
        raise EmbeddedError(message) from error
    except psutil.NoSuchProcess:
        pass


def _stale_postmaster(home: Home) -> list[Path]:
    """PostgreSQL's pid file, unless its process may be a running server. PostgreSQL would refuse to start if the id was reused."""
    file = home.cluster / "postmaster.pid"
    with contextlib.suppress(OSError, ValueError, psutil.Error):
        process = psutil.Process(int(file.read_text(encoding="ascii").split("\n", 1)[0]))
        if _lives(process) and _name(process) == "postgres" and _may_work_in_cluster(process, home):
            return []
    return [file]


def _may_work_in_cluster(process: psutil.Process, home: Home) -> bool:
    try:
        return process.cwd() == str(home.cluster)
    except psutil.AccessDenied:
        return True


def _lives(process: psutil.Process) -> bool:
    """Whether it lives. A zombie does not; it may stay for ever where no parent collects it."""
    with contextlib.suppress(psutil.Error):
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    return False


def _name(process: psutil.Process) -> str:
    with contextlib.suppress(psutil.Error):
        return process.name()
    return "a process"


def _listed(processes: list[psutil.Process]) -> str:
    return ", ".join(f"{_name(process)} (process {process.pid})" for process in processes)
