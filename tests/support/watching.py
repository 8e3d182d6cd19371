"""The watch of due times, at a time that a test chooses."""

from datetime import datetime
from uuid import UUID

from pipeline.tasks import ledger
from pipeline.tasks.rules import WATCH_SLA
from pipeline.workflows.sla_watch import ACTOR, watch
from tests.support.desk import Desk


def due_of(desk: Desk, submission_id: UUID) -> datetime:
    return desk.submission(submission_id).due.promise_at


def warn_of(desk: Desk, submission_id: UUID) -> datetime:
    return datetime.fromisoformat(desk.submission(submission_id).due.rule["warning_at"])


def watched(desk: Desk, now: datetime, *, name: str = "") -> None:
    """What a worker does for one task of the schedule, at that time."""
    ref = f"{now.isoformat()}{name}"
    with desk.tools.db.begin() as connection:
        task_id = ledger.record(connection, WATCH_SLA, ref, trace="t")
    with desk.tools.ledger.work(WATCH_SLA, str(task_id)) as task:
        assert task is not None
        watch(task, now=now, context=desk.tools.context(actor=ACTOR, trace=task.trace))
