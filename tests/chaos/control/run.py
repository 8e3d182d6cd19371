"""One run of the control: the same errands, and those faults that it has the parts for."""

import random
import threading
import time
from collections import Counter
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any, Final

from tests.chaos.control.client import Client
from tests.chaos.control.ground import plain_ground
from tests.chaos.errands import errands
from tests.chaos.faults import FAULTS
from tests.chaos.ground import Ground
from tests.chaos.progress import say

DEADLINE_SECONDS: Final = 240
KINDS: Final = (
    "worker_killed",
    "worker_frozen",
    "broker_killed",
    "broker_frozen",
    "broker_paused",
    "broker_flushed",
    "broker_wiped",
)


def run(folder: Path, *, seconds: float, seed: int, submissions: int, faults: int) -> Mapping[str, Any]:
    """Do it beneath `folder`; how many were sent and ended, which were lost, and which had an effect twice.

    What the broker still holds is late, not lost: it gives the messages of a dead worker to another one after a while.
    """
    began = time.monotonic()
    wanted = [errand for errand in errands(submissions, seed) if errand.what != "poison"]
    with plain_ground(folder) as ground, closing(Client(ground, folder)) as client:
        seen: Counter[str] = Counter()
        raging = threading.Thread(target=_rage, args=(ground, seen, seed, faults, seconds), name="storm")
        raging.start()
        client.flow(wanted, seconds)
        raging.join()
        say("the traffic and the faults are over")
        outcome, held = client.outcome(DEADLINE_SECONDS), set(client.held())
    sent = sorted(client.sent)
    unended = [label for label in sent if not outcome.ended(label)]
    return {
        "seed": seed,
        "sent": len(sent),
        "ended": sum(outcome.ended(label) for label in sent),
        "lost": [label for label in unended if label not in held],
        "late": [label for label in unended if label in held],
        "twice": [label for label in sent if outcome.twice(label)],
        "faults": dict(seen),
        "seconds": round(time.monotonic() - began, 1),
    }


def _rage(ground: Ground, seen: Counter[str], seed: int, count: int, seconds: float) -> None:
    """Faults at even intervals, one after the other, every kind once before any comes again."""
    rng, calm, deck = random.Random(seed), threading.Event(), list[str]()  # noqa: S311  (to be repeated)
    for number in range(count):
        deck = deck or rng.sample(KINDS, len(KINDS))
        calm.wait(seconds / count / 2)
        fault = FAULTS[deck.pop()](ground, random.Random(rng.getrandbits(32)))  # noqa: S311  (to be repeated)
        say(f"fault {number + 1} of {count}: {fault.name}")
        seen[fault.name] += 1
        try:
            fault.begin()
            calm.wait(fault.lasts)
        finally:
            fault.end()
        calm.wait(max(0, seconds / count / 2 - fault.lasts))
