"""Legal holds: while one lasts nothing of the member is swept or erased. Afterwards an erasure goes on by itself."""

from typing import Any

import structlog
from sqlalchemy import Connection, Row, Text, cast, delete, exists, func, select
from sqlalchemy.dialects.postgresql import insert

from pipeline.kernel.database import Database, one_at_a_time
from pipeline.kernel.errors import Invalid, NotFound, Problem
from pipeline.kernel.rules.digests import member_digest
from pipeline.submission import audit
from pipeline.submission.presence import erasure, hold, is_held, lock_name, open_erasure
from pipeline.tasks.rules import ERASE_MEMBER, TaskState
from pipeline.tasks.tables import task
from pipeline.workflows.erasure.begin import Asked, record_next
from schemas.erasure import HoldRequest, HoldView

log = structlog.get_logger()


def place_hold(member_id: str, request: HoldRequest, *, asked: Asked, db: Database) -> HoldView:
    """Place a hold, or change the reason and the end of the one that there is. Raises Invalid for an end that is past."""
    values = {"reason": request.reason, "until": request.until, "placed_by": asked.actor, "placed_at": func.now()}
    with db.begin() as connection:
        one_at_a_time(connection, lock_name(member_id))
        if request.until <= connection.execute(select(func.now())).scalar_one():
            raise Invalid([Problem("until", "in_the_past", "Choose a time that is still to come.")])
        statement = insert(hold).values(member_id=member_id, **values)
        changed = statement.on_conflict_do_update(index_elements=["member_id"], set_=values)
        row = connection.execute(changed.returning(hold)).one()
        _audit(connection, "hold.placed", member_id, asked, until=request.until.isoformat())
    log.info("hold.placed", until=request.until.isoformat())
    return _view(row)


def end_hold(member_id: str, *, asked: Asked, db: Database) -> None:
    """End a hold now. An erasure that it stopped goes on. Raises NotFound."""
    with db.begin() as connection:
        one_at_a_time(connection, lock_name(member_id))
        if connection.execute(delete(hold).where(hold.c.member_id == member_id)).rowcount != 1:
            raise NotFound("There is no hold on this member.")
        _audit(connection, "hold.ended", member_id, asked)
        waits = open_erasure(connection, member_id)
        if waits is not None:
            record_next(connection, waits.id, trace=asked.trace)
    log.info("hold.ended")


def hold_of(member_id: str, *, db: Database) -> HoldView:
    """The hold on a member. Raises NotFound."""
    with db.read() as connection:
        row = connection.execute(
            select(hold).where(hold.c.member_id == member_id, hold.c.until > func.now())
        ).one_or_none()
    if row is None:
        raise NotFound("There is no hold on this member.")
    return _view(row)


def end_past_holds(connection: Connection, *, most: int) -> int:
    """Delete as many holds whose time is over, with a line of history each; how many."""
    past = select(hold.c.member_id).where(hold.c.until <= func.now()).limit(most).with_for_update(skip_locked=True)
    some = past.cte("some")
    gone = delete(hold).where(hold.c.member_id == some.c.member_id).returning(hold.c.member_id)
    over = connection.execute(gone).scalars().all()
    for member_id in over:
        detail = {"member": member_digest(member_id), "because": "its time is over"}
        audit.write(connection, "hold.ended", actor="retention", detail=detail)
    return len(over)


def resume_erasures(connection: Connection, *, trace: str, most: int) -> int:
    """Go on with as many erasures that no hold stops and no task goes on with; how many."""
    goes_on = exists().where(
        task.c.kind == ERASE_MEMBER.name,
        task.c.ref_id == cast(erasure.c.id, Text),
        task.c.state != TaskState.DONE,
    )
    waiting = select(erasure.c.id).where(erasure.c.finished_at.is_(None), ~is_held(erasure.c.member_id), ~goes_on)
    found = connection.execute(waiting.limit(most)).scalars().all()
    for erasure_id in found:
        record_next(connection, erasure_id, trace=trace)
    return len(found)


def _audit(connection: Connection, event: str, member_id: str, asked: Asked, **detail: str) -> None:
    known = {"member": member_digest(member_id), **detail}
    audit.write(connection, event, actor=asked.actor, correlation_id=asked.trace, detail=known)


def _view(row: Row[Any]) -> HoldView:
    return HoldView.model_validate(row, from_attributes=True)
