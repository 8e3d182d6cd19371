import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import psutil
import structlog

log = structlog.get_logger()

_PREFIX: Final = "proofdesk-inspection-"


@contextmanager
def download_folder() -> Iterator[Path]:
    """A folder for one upload, deleted at the end of the block. Its name has the id of this process."""
    with tempfile.TemporaryDirectory(prefix=f"{_PREFIX}{os.getpid()}-") as folder:
        yield Path(folder)


def forget_left_behind() -> int:
    """Delete the folders of processes that are no more: a member's file stays nowhere but in the store. Returns how many."""
    folders = Path(tempfile.gettempdir()).glob(f"{_PREFIX}*")
    left = [each for each in folders if not _is_used(each)]
    for each in left:
        shutil.rmtree(each, ignore_errors=True)
    if left:
        log.warning("downloads.forgotten", folders=len(left))
    return len(left)


def _is_used(folder: Path) -> bool:
    pid = folder.name.removeprefix(_PREFIX).partition("-")[0]
    return not pid.isdecimal() or psutil.pid_exists(int(pid))
