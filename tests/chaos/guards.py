"""What our processes wrote into their logs: how often the guards against loss and repetition were needed."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final

import orjson

GUARDS: Final[Mapping[str, str]] = {
    "task.lease_expired": "leases_expired",
    "task.lease_lost": "stale_finishes",
    "task.failed": "tries_failed",
    "task.parked": "tasks_parked",
    "hint.lost": "hints_lost",
    "worker.thread_died": "worker_threads_died",
}
"""Events of the log and the names under which the report counts them."""


def guards(folder: Path) -> dict[str, int]:
    """How often each was seen in the logs of a folder, rotated ones included."""
    counted = Counter(
        event for file in sorted(folder.glob("*.log*")) for event in _events(file.read_bytes().splitlines())
    )
    return {name: counted[event] for event, name in GUARDS.items()}


def _events(lines: Iterable[bytes]) -> Iterator[str]:
    """A line that was cut off by a kill, or that another program wrote, is no event."""
    for line in lines:
        try:
            found = orjson.loads(line)
        except orjson.JSONDecodeError:
            continue
        if isinstance(found, dict):
            yield str(found.get("event"))
