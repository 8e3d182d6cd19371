from collections.abc import Mapping
from datetime import datetime
from typing import Literal

State = Literal["hidden", "held", "finished"]


def state_of(*, finished: bool, held: bool) -> State:
    """What an erasure waits for, if for anything."""
    if finished:
        return "finished"
    return "held" if held else "hidden"


def in_order(steps: Mapping[str, str]) -> dict[str, datetime]:
    """The steps with their times, the earliest first."""
    times = {name: datetime.fromisoformat(at) for name, at in steps.items()}
    return dict(sorted(times.items(), key=lambda each: each[1]))
