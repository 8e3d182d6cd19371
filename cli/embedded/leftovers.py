import contextlib
import os
import signal
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import psutil

from cli.embedded.errors import EmbeddedError
from cli.embedded.files import read_json
from cli.embedded.layout import Home

MARK: Final = "PROOFDESK_SUPERVISED"
CLOCK_TOLERANCE: Final = 2.0
GENTLE: Final = 8.0
FIRM: Final = 3.0


@dataclass(frozen=True)
class Leftovers:
    """What an earlier run that was killed had left: its processes by id, and the state files that were removed."""

    ended: dict[int, str]
    files: list[str]

    def __bool__(self) -> bool:
        return bool(self.ended or self.files)


def clean(home: Home, *, patience: float = GENTLE) -> Leftovers:
    """End every process of an earlier run on this home and remove its state. Call it with the lock held.

    Each has `patience` seconds to end by itself. Raises EmbeddedError when one cannot be ended.
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
    """Find the living processes of an earlier run, with all their descendants; never this process or one above it."""
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
    """By its environment; a PostgreSQL backend writes its title over that, but works in the data directory."""
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


def _end(processes: list[psutil.Process], gentle: float) -> None:
    """Ask first; then immediate shutdown for PostgreSQL and the hard way for the others; then the hard way for all."""
    steps = (
        (signal.SIGINT, signal.SIGTERM, gentle),
        (signal.SIGQUIT, signal.SIGKILL, FIRM),
        (signal.SIGKILL, signal.SIGKILL, FIRM),
    )
    living = processes
    for for_postgres, for_others, patience in steps:
        for process in living:
            _tell(process, for_postgres if _name(process) == "postgres" else for_others)
        _, waited = psutil.wait_procs(living, timeout=patience)
        living = [process for process in waited if _lives(process)]
        if not living:
            return
    raise EmbeddedError(
        f"An earlier run left {_listed(living)}, which cannot be ended from here. End them, then start again."
    )


def _tell(process: psutil.Process, number: int) -> None:
    try:
        process.send_signal(number)
    except psutil.AccessDenied as error:
        message = f"An earlier run left {_listed([process])}, which belongs to another user. End it, then start again."
        raise EmbeddedError(message) from error
    except psutil.NoSuchProcess:
        pass


def _stale_postmaster(home: Home) -> list[Path]:
    """PostgreSQL's pid file, unless its process may still be a server: PostgreSQL itself is misled by a reused id."""
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
    """Tell whether it lives. A zombie does not: where nobody collects it, it would stay for ever."""
    with contextlib.suppress(psutil.Error):
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    return False


def _name(process: psutil.Process) -> str:
    with contextlib.suppress(psutil.Error):
        return process.name()
    return "a process"


def _listed(processes: list[psutil.Process]) -> str:
    return ", ".join(f"{_name(process)} (process {process.pid})" for process in processes)
