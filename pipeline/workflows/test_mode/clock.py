"""Move the clock of a test service: what is promised, awaited or about to expire comes nearer, and nothing of anybody else."""

from datetime import timedelta
from typing import Final

import structlog
from sqlalchemy import ColumnElement, Connection, Text, cast, select, update

from pipeline.kernel.database import Database
from pipeline.kernel.idempotency import Once, earlier_answer, remember
from pipeline.submission import audit
from pipeline.submission.lifecycle import OPEN
from pipeline.submission.tables import business_email, submission
from pipeline.tasks.rules import EXPIRE_CODE, TaskState
from pipeline.tasks.tables import task
from pipeline.workflows.test_mode.refusals import require_test
from schemas.test_mode import ClockMoved

log = structlog.get_logger()

_TIMES: Final = ("target_at", "due_at", "watch_at")
_CODE_TIMES: Final = ("code_asked_at", "codes_since", "code_sent_at", "code_expires_at")


def forward(by: timedelta, *, service: str, actor: str, db: Database, request: Once | None = None) -> ClockMoved:
    """Bring every time of the service's open submissions nearer. What is due then happens as ever, within a minute. Raises NotATestKey."""
    require_test(service)
    with db.begin() as connection:
        if (earlier := earlier_answer(connection, request)) is not None:
            return ClockMoved.model_validate(earlier)
        answer = ClockMoved(submissions=_move(connection, by, service))
        seconds = int(by.total_seconds())
        audit.write(connection, "test_clock.moved", actor=actor, detail={"service": service, "seconds": seconds})
        remember(connection, request, answer.model_dump(mode="json"))
    log.info("test_clock.moved", service=service, seconds=seconds, submissions=answer.submissions)
    return answer


def _move(connection: Connection, by: timedelta, service: str) -> int:
    """Tasks, addresses and submissions, in the order in which workers lock them."""
    connection.execute(update(task).where(*_expiries(service)).values(due_at=task.c.due_at - by))
    mine = (submission.c.service == service, submission.c.state.in_(OPEN))
    opened = select(submission.c.id).where(*mine)
    codes = business_email.c.submission_id.in_(opened)
    connection.execute(
        update(business_email).where(codes).values({name: business_email.c[name] - by for name in _CODE_TIMES})
    )
    moved = update(submission).where(*mine).values({name: submission.c[name] - by for name in _TIMES})
    return connection.execute(moved).rowcount


def _expiries(service: str) -> tuple[ColumnElement[bool], ...]:
    """The tasks that end codes of the service's submissions."""
    ids = select(cast(submission.c.id, Text)).where(submission.c.service == service, submission.c.state.in_(OPEN))
    return (task.c.kind == EXPIRE_CODE.name, task.c.state == TaskState.READY, task.c.ref_id.in_(ids))
