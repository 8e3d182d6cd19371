"""The servers and the workers of the control in a folder of its own, as the faults know them."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from cli.embedded import processes
from cli.embedded.stack import Stack
from config.container import build_container
from tests.chaos.disk import LimitedDisk
from tests.chaos.ground import WORKERS, Ground
from tests.support.servers import ANY_PORTS, NOTHING_GIVEN, settings_of

EFFECTS: Final = "effects.txt"


@contextmanager
def plain_ground(folder: Path, *, workers: int = WORKERS) -> Iterator[Ground]:
    """The same servers and supervisor as those of Proofdesk, but the workers are the control's and nothing relays."""
    worker = (sys.executable, "-m", "tests.chaos.control.worker", str(folder / EFFECTS))
    stack = Stack(
        folder / "home",
        workers=workers,
        relays=0,
        preferred_ports=ANY_PORTS,
        environment=NOTHING_GIVEN,
        commands={**processes.COMMANDS, "worker": worker},
    )
    with stack:
        tools = build_container(settings_of(stack.environment()), patient=False)
        environment = dict(os.environ) | NOTHING_GIVEN | stack.environment()
        try:
            yield Ground(stack, tools, tools, environment, {}, LimitedDisk(lambda: 0), folder / "clock")
        finally:
            tools.close()
