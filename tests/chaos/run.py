"""One run: traffic, faults, and then the verdict."""

import math
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tests.chaos.errands import errands
from tests.chaos.evidence import Evidence
from tests.chaos.gathering import gathered
from tests.chaos.ground import Ground, ground
from tests.chaos.guards import guards, tries_in_vain
from tests.chaos.journal import Journal
from tests.chaos.judges import judged, resent
from tests.chaos.judges.tasks import repeats
from tests.chaos.latency import by_time, inspections, tellings
from tests.chaos.leaving import A_LEAVER, Leavers
from tests.chaos.orders import Orders
from tests.chaos.pace import Times, Watch, ended_at, spread, throughput
from tests.chaos.progress import say
from tests.chaos.reviewers import Reviewer
from tests.chaos.storm import Storm, Strike, drawn
from tests.chaos.sweeping import swept
from tests.chaos.traffic import Traffic, ended

DEADLINE_SECONDS: Final = 240
REVIEWERS: Final = tuple(f"reviewer-{n + 1}" for n in range(6))
TELL_SECONDS: Final = 15
AN_ORDER: Final = 10
"""One event of an order for so many submissions, about."""
CALM_SHARE: Final = 0.1
"""How much of the traffic comes before the first fault, and how much after the last one has begun."""


@dataclass(frozen=True)
class Wish:
    """What is run: how long traffic flows, from which seed, how much of it, and which faults meanwhile."""

    seconds: float
    seed: int
    submissions: int
    strikes: Sequence[Strike]
    orders: int

    @property
    def calm_seconds(self) -> float:
        """How long traffic flows before anything breaks."""
        return self.seconds * CALM_SHARE if self.strikes else 0


def stormy(*, seconds: float, seed: int, submissions: int, faults: int, only: Collection[str] = ()) -> Wish:
    """With so many faults of all kinds or of these, drawn from the seed, and an order for each few submissions."""
    strikes = tuple(drawn(seed, faults, seconds * (1 - 2 * CALM_SHARE), only=only))
    return Wish(seconds, seed, submissions, strikes, max(1, submissions // AN_ORDER))


@dataclass(frozen=True)
class Course:
    """How a run went: its storm, its times, and the seconds that its parts took."""

    storm: Storm
    times: Times
    leavers: int
    seconds: Mapping[str, float]
    orphans: int


Beside = Callable[[Ground], AbstractContextManager[None]]
"""What goes on beside the traffic."""


def _alone(_: Ground) -> AbstractContextManager[None]:
    return nullcontext()


def run_in(wish: Wish, keep: Path | None, *, beside: Beside = _alone) -> Mapping[str, Any]:
    """Do it in this folder and keep what is in it, or in one that is removed."""
    with tempfile.TemporaryDirectory(prefix="proofdesk-chaos-") as temporary:
        folder = keep or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o755)  # PostgreSQL runs as another user where we are root
        return run(wish, folder, beside=beside)


def run(wish: Wish, folder: Path, *, beside: Beside = _alone) -> Mapping[str, Any]:
    """Do it beneath `folder`, with something beside the traffic; what came of it, as the report says it."""
    journal, watch = Journal(), Watch()
    with ground(folder) as place, closing(place.upstream()) as api:
        watch.lap("starting")
        traffic = Traffic(place, api, journal)
        storm = Storm(place, traffic.inspected, wish.strikes, complain=journal.complain)
        leavers = Leavers(place, api, journal, max(1, wish.submissions // A_LEAVER), wish.seed)
        orders = Orders(api, journal, wish.orders, wish.seconds, wish.seed)
        with _standing(journal), _reviewed(place, journal), beside(place):
            leavers.start()
            orders.start()
            times = _both(traffic, storm, wish)
            watch.lap("traffic")
            orders.join()
            say("the traffic and the faults are over")
            views = traffic.ends(DEADLINE_SECONDS)
            watch.lap("ending")
        leftovers = leavers.leftovers()
        watch.lap("leaving")
        orphans = swept(place)
        watch.lap("sweeping")
        struck = len(wish.strikes)
        evidence = gathered(place, api, journal, views, faults=struck, spent=orders.spent, leftovers=leftovers)
        verdict = judged(evidence)
        watch.lap("judging")
        course = Course(storm, times, leavers.count, watch.laps, orphans)
        logs = place.stack.home.log("x").parent
        needed = {"guards": guards(logs), "tries_in_vain": tries_in_vain(logs)}
        return {**_told(wish, evidence, course), **verdict, **needed}


def _told(wish: Wish, evidence: Evidence, course: Course) -> dict[str, Any]:
    closed = [view for view in evidence.views.values() if ended(view)]
    return {
        "seed": wish.seed,
        "submissions": wish.submissions + course.storm.submitted,
        "accepted": len(evidence.journal.accepted),
        "erased_members": course.leavers,
        "orders": wish.orders,
        "told": len(evidence.told),
        "told_again": len(evidence.told) - len({each.event_id for each in evidence.told}),
        "inspection_seconds": by_time(inspections(evidence), course.storm.spans),
        "telling_seconds": by_time(tellings(evidence), course.storm.spans),
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
    return Times(began, *stormy) if wish.strikes else Times(began, math.inf, math.inf)


@contextmanager
def _reviewed(place: Ground, journal: Journal) -> Iterator[None]:
    with ExitStack() as opened:
        callers = [opened.enter_context(closing(place.reviewer(name))) for name in REVIEWERS]
        reviewers = [Reviewer(api, journal) for api in callers]
        for each in reviewers:
            each.start()
            opened.callback(each.stop)
        yield
