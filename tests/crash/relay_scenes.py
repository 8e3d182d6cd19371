"""What the relay does: hints, sweeps, the schedule."""

from pipeline.tasks.relay import HINT_AGAIN_SECONDS, hint_due
from pipeline.tasks.rules import INSPECT
from pipeline.tasks.schedule import fire_due
from tests.crash.jobs import SELDOM, chore, fire
from tests.crash.scene import Arrange, Scene
from tests.support.desk import Desk
from tests.support.http import Api
from tests.support.workers import left_in


def hint(desk: Desk, _api: Api) -> Scene:
    """The hint that left with the commit was lost."""
    desk.submit_avatar()
    desk.sql("UPDATE task SET hinted_at = NULL")
    desk.tools.broker.flush_all()
    return Scene(chore, {"name": "hint"}, lambda: _hint_again(desk))


def sweep_leases(desk: Desk, _api: Api) -> Scene:
    desk.submit_avatar()
    held = desk.tools.ledger.claim(INSPECT, str(desk.only_task().id))
    assert held is not None
    desk.let_lease_expire(held.id)
    return Scene(chore, {"name": "sweep_leases"})


def sweep_claims(desk: Desk, _api: Api) -> Scene:
    desk.case_waiting()
    desk.let_claim_expire(desk.claimed())
    return Scene(chore, {"name": "sweep_claims"})


def fire_the_schedule(desk: Desk, _api: Api) -> Scene:
    """Another relay fires it too, and no run comes twice."""
    return Scene(fire, {}, lambda: fire_due(desk.tools.db, schedule=SELDOM))


def _hint_again(desk: Desk) -> None:
    """Another relay, when the hint must count as lost: by then a worker has heard of the task."""
    desk.let_hints_age(HINT_AGAIN_SECONDS + 1)
    hint_due(desk.tools.db, desk.tools.hints)
    assert left_in(desk.tools, INSPECT.queue), "no worker hears of the task"


SCENES: dict[str, Arrange] = {
    "hint by the relay": hint,
    "sweep leases": sweep_leases,
    "sweep claims": sweep_claims,
    "fire the schedule": fire_the_schedule,
}
