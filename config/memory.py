"""How a long-lived process treats what it made at its start."""

import gc
from typing import Final

YOUNG: Final = 10_000
"""How many new objects the collector waits for before it looks at them; Python waits for 700."""


def keep_what_was_made() -> None:
    """Have the garbage collector leave alone what there is by now: modules, routes and statements live as long as the process.

    To be called once, when everything is built.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG)
