"""The sweep of the storage as the schedule would have it done, but some hours later by its clock."""

import sys
from datetime import timedelta
from typing import Final

from sqlalchemy import func, insert

from pipeline.kernel import clock
from pipeline.kernel.errors import ProofdeskError
from pipeline.kernel.ids import new_id
from pipeline.tasks.ledger import Task
from pipeline.tasks.operate import tasks
from pipeline.tasks.rules import SWEEP_STORAGE, TaskState
from pipeline.tasks.tables import task
from pipeline.workflows import retention
from pipeline.workflows.storage_sweep import Slice
from tests.chaos.gathering import ALL
from tests.chaos.ground import Ground
from tests.chaos.progress import say
from tests.support.together import until

QUIET_SECONDS: Final = 90
LATER: Final = retention.ORPHAN_AGE + timedelta(minutes=1)
TRACE: Final = "after-the-run"


def swept(ground: Ground) -> int:
    """Sweep once no work is left: what any attempt left behind counts as old. Returns how many objects were deleted."""
    _await_quiet(ground)
    before = _objects(ground)
    tools = ground.tools
    retention.sweep_storage(
        _held(ground),
        now=clock.now() + LATER,
        db=tools.db,
        storage=tools.storage,
        policy=tools.policy,
        part=Slice(objects=sys.maxsize, seconds=SWEEP_STORAGE.limit_seconds),
    )
    return before - _objects(ground)


def _await_quiet(ground: Ground) -> None:
    """Pictures that were replaced are removed after the mail. What never ends is left to the judges."""
    try:
        until(lambda: not _left(ground), seconds=QUIET_SECONDS)
    except (AssertionError, ProofdeskError) as error:
        say(f"work is left: {error}")


def _left(ground: Ground) -> bool:
    left = tasks(ground.tools.db, state=None, kind=None, limit=ALL)  # all that are not done
    return any(each["state"] != TaskState.PARKED for each in left)


def _held(ground: Ground) -> Task:
    """A task of the sweep that we hold from the beginning, so that no worker does it by the right clock."""
    mine = Task(new_id(), SWEEP_STORAGE, TRACE, 1, 1, 0, TRACE, None)
    lease = func.now() + timedelta(seconds=SWEEP_STORAGE.lease_seconds)
    row = {"id": mine.id, "kind": mine.kind.name, "ref_id": mine.ref_id, "dedup_key": TRACE, "trace": TRACE}
    held = {"state": TaskState.RUNNING, "token": 1, "attempts": 1, "due_at": func.now(), "lease_until": lease}
    with ground.tools.db.begin() as connection:
        connection.execute(insert(task).values(**row, **held))
    return mine


def _objects(ground: Ground) -> int:
    storage = ground.tools.storage
    return sum(1 for bucket in (storage.vault, storage.public) for _ in storage.listed(bucket))
