"""What happens after a process has died: leases run out, the relay sweeps, workers take up what is due."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

from sqlalchemy import Row

from pipeline.kernel import clock
from pipeline.review.claims.service import sweep_claims
from pipeline.tasks.relay import sweep_leases
from pipeline.tasks.rules import SWEEP_STORAGE, TaskState
from pipeline.workflows.retention import ORPHAN_AGE, sweep_storage
from tests.crash.children import NAME
from tests.crash.scene import Scene, recorded
from tests.support.desk import Desk
from tests.support.together import until

ROUNDS = 3
"""A task that is still open after so many rounds is lost, or comes back for ever."""


def recover(desk: Desk, scene: Scene) -> None:
    until_buried(desk)
    scene.then()
    settle(desk)


def settle(desk: Desk) -> None:
    """All that goes on by itself, and the sweep of the storage long after it."""
    for _ in range(ROUNDS):
        _one_round(desk)
        if not _open(desk):
            break
    _sweep_storage(desk)


def until_buried(desk: Desk) -> None:
    """Until the database has noticed that the child is gone, and rolled back what it left."""
    alive = "SELECT count(*) FROM pg_stat_activity WHERE application_name = :name"
    until(lambda: desk.sql(alive, name=NAME)[0][0] == 0, seconds=60)


def take_back(desk: Desk) -> None:
    """The leases of the dead run out, and the relay sees it."""
    for row in _open(desk):
        if row.state == TaskState.RUNNING:
            desk.let_lease_expire(row.id)
    sweep_leases(desk.tools.db)


def _one_round(desk: Desk) -> None:
    take_back(desk)
    sweep_claims(desk.tools.db)
    if any(row.state == TaskState.READY for row in _open(desk)):
        desk.let_backoff_pass()
    desk.run_due()


def _open(desk: Desk) -> list[Row[Any]]:
    return [row for row in desk.tasks() if row.state in {TaskState.READY, TaskState.RUNNING}]


def _sweep_storage(desk: Desk) -> None:
    tools = desk.tools
    held = tools.ledger.claim(SWEEP_STORAGE, str(recorded(desk, SWEEP_STORAGE, uuid4())))
    assert held is not None
    later = clock.now() + ORPHAN_AGE + timedelta(minutes=1)
    sweep_storage(held, now=later, db=tools.db, storage=tools.storage, policy=tools.policy)
