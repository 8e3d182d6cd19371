"""One run: traffic, faults, and then the verdict."""

import math
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tests.chaos.errands import errands
from tests.chaos.evidence import Evidence
from tests.chaos.gathering import gathered
from tests.chaos.ground import Ground, ground
from tests.chaos.guards import guards
from tests.chaos.journal import Journal
from tests.chaos.judges import judged, resent
from tests.chaos.judges.tasks import repeats
from tests.chaos.leaving import A_LEAVER, Leavers
from tests.chaos.pace import Times, Watch, ended_at, spread, throughput
from tests.chaos.progress import say
from tests.chaos.reviewers import Reviewer
from tests.chaos.storm import Storm
from tests.chaos.sweeping import swept
from tests.chaos.traffic import Traffic, ended

DEADLINE_SECONDS: Final = 240
REVIEWERS: Final = tuple(f"reviewer-{n + 1}" for n in range(6))
TELL_SECONDS: Final = 15
CALM_SHARE: Final = 0.1
"""How much of the traffic comes before the first fault, and how much after the last one has begun."""


@dataclass(frozen=True)
class Wish:
    """What is run: how long traffic flows, from which seed, how much of it, and how many faults meanwhile."""

    seconds: float
    seed: int
    submissions: int
    faults: int

    @property
    def calm_seconds(self) -> float:
        """How long traffic flows before anything breaks."""
        return self.seconds * CALM_SHARE if self.faults else 0

    @property
    def storm_seconds(self) -> float:
        """Over how long the faults are spread."""
        return self.seconds - 2 * self.calm_seconds


@dataclass(frozen=True)
class Course:
    """How a run went: its storm, its times, and the seconds that its parts took."""

    storm: Storm
    times: Times
    seconds: Mapping[str, float]
    orphans: int


def run(wish: Wish, folder: Path) -> Mapping[str, Any]:
    """Do it beneath `folder`; what came of it, as the report says it."""
    journal, watch = Journal(), Watch()
    with ground(folder) as place, closing(place.upstream()) as api:
        watch.lap("starting")
        traffic = Traffic(place, api, journal)
        storm = Storm(place, traffic.inspected, seed=wish.seed, count=wish.faults, seconds=wish.storm_seconds)
        leavers = Leavers(place, api, journal, max(1, wish.submissions // A_LEAVER), wish.seed)
        with _standing(journal), _reviewed(place, journal):
            leavers.start()
            times = _both(traffic, storm, wish)
            watch.lap("traffic")
            say("the traffic and the faults are over")
            views = traffic.ends(DEADLINE_SECONDS)
            watch.lap("ending")
        leftovers = leavers.leftovers()
        orphans = swept(place)
        evidence = gathered(place, api, journal, views, faults=wish.faults, leftovers=leftovers)
        verdict = judged(evidence)
        watch.lap("judging")
        course = Course(storm, times, watch.laps, orphans)
        return {**_told(wish, evidence, course), **verdict, "guards": guards(place.stack.home.log("x").parent)}


def _told(wish: Wish, evidence: Evidence, course: Course) -> dict[str, Any]:
    closed = [view for view in evidence.views.values() if ended(view)]
    return {
        "seed": wish.seed,
        "submissions": wish.submissions + course.storm.submitted,
        "accepted": len(evidence.journal.accepted),
        "erased_members": max(1, wish.submissions // A_LEAVER),
        "ended": len(closed),
        "refused_at_the_door": dict(Counter(evidence.journal.refused.values())),
        "faults": dict(course.storm.seen),
        "struck": dict(course.storm.struck),
        "recovery_seconds": {name: spread(seconds) for name, seconds in course.storm.recovery.items()},
        "throughput": throughput([ended_at(view) for view in closed], course.times),
        "resent": resent(evidence),
        "orphans_swept": course.orphans,
        "tries_repeated": repeats(evidence.tasks),
        "seconds": dict(course.seconds),
    }


@contextmanager
def _standing(journal: Journal) -> Iterator[None]:
    """Say every so often where it stands."""
    over = threading.Event()

    def tell() -> None:
        while not over.wait(TELL_SECONDS):
            say(f"{journal.answered} answered, {len(journal.accepted)} accepted, {len(journal.decisions)} decided")

    telling = threading.Thread(target=tell, name="standing")
    telling.start()
    try:
        yield
    finally:
        over.set()
        telling.join()


def _both(traffic: Traffic, storm: Storm, wish: Wish) -> Times:
    """Traffic all the time, and faults in the middle of it."""
    began, stormy = time.time(), list[float]()

    def rage() -> None:
        threading.Event().wait(wish.calm_seconds)
        stormy.append(time.time())
        storm.rage()
        stormy.append(time.time())

    raging = threading.Thread(target=rage, name="storm")
    raging.start()
    traffic.flow(errands(wish.submissions, wish.seed), wish.seconds)
    raging.join()
    return Times(began, *stormy) if wish.faults else Times(began, math.inf, math.inf)


@contextmanager
def _reviewed(place: Ground, journal: Journal) -> Iterator[None]:
    with ExitStack() as opened:
        callers = [opened.enter_context(closing(place.reviewer(name))) for name in REVIEWERS]
        reviewers = [Reviewer(api, journal) for api in callers]
        for each in reviewers:
            each.start()
            opened.callback(each.stop)
        yield
