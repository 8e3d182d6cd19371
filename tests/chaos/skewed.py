"""`python -m tests.chaos.skewed ORDER MODULE`: run a module, with its clock off by as many seconds as the file ORDER says.

Without that file the clock is right. Who takes the order takes it away and leaves it as ORDER.<process id>.
"""

import os
import runpy
import sys
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import time_machine


def taken(order: Path) -> float:
    """By how many seconds; of several processes that start at once, one gets the order."""
    mine = order.with_name(f"{order.name}.{os.getpid()}")
    with suppress(FileNotFoundError):
        order.rename(mine)
        return float(mine.read_text())
    return 0


def main(order: Path, module: str) -> None:
    """Become the module."""
    sys.argv = [module]
    if seconds := taken(order):
        time_machine.travel(datetime.now(UTC) + timedelta(seconds=seconds), tick=True).start()
    runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
