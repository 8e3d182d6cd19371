"""The processes of a whole installation."""

from pathlib import Path

import psutil


def supervised(home: Path) -> list[psutil.Process]:
    """Every process that the embedded profile of this home has started."""
    return [process for process in psutil.process_iter() if _marked(process) == str(home.resolve())]


def _marked(process: psutil.Process) -> str | None:
    try:
        return process.environ().get("PROOFDESK_SUPERVISED")
    except psutil.Error:
        return None
