"""What our processes wrote into their logs: how often the guards against loss and repetition were needed."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

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


_CHANGING: Final = re.compile(r"[0-9a-f]*\d[0-9a-f-]*", re.IGNORECASE)
_LONGEST: Final = 100


def guards(folder: Path) -> dict[str, int]:
    """How often each was seen in the logs of a folder, rotated ones included."""
    counted = Counter(str(line.get("event")) for line in _lines(folder))
    return {name: counted[event] for event, name in GUARDS.items()}


def tries_in_vain(folder: Path) -> dict[str, int]:
    """How often a try of a task failed or came too late: by its kind and the error, with `…` for its numbers and ids."""
    errors = (
        f"{line.get('task')}: {_CHANGING.sub('…', str(line.get('error')))[:_LONGEST]}"
        for line in _lines(folder)
        if line.get("event") in {"task.failed", "task.lease_lost"}
    )
    return dict(Counter(errors).most_common())


def _lines(folder: Path) -> Iterator[Mapping[str, Any]]:
    for file in sorted(folder.glob("*.log*")):
        yield from _parsed(file.read_bytes().splitlines())


def _parsed(lines: Iterable[bytes]) -> Iterator[Mapping[str, Any]]:
    """A line that was cut off by a kill, or that another program wrote, is no event."""
    for line in lines:
        try:
            found = orjson.loads(line)
        except orjson.JSONDecodeError:
            continue
        if isinstance(found, dict):
            yield found
