"""Settings, policy, logging, and the container that builds clients. Every process imports this package first."""

import gc
from typing import Final

gc.set_threshold(50_000, 20, 100)
"""A start creates many objects that stay. With Python's threshold of 700 the garbage collector took a third of each start."""

THRESHOLD_WHEN_STARTED: Final = 10_000


def freeze_startup_objects() -> None:
    """Exclude all present objects from garbage collection: modules, routes and statements live as long as the process.

    Call it once, when everything is built.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(THRESHOLD_WHEN_STARTED)
