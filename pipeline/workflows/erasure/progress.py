from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import ColumnElement, Connection, Row, Text, cast, func, literal, or_, select

from pipeline.kernel.database import Database
from pipeline.kernel.errors import NotFound
from pipeline.kernel.rules.digests import member_digest
from pipeline.ownership.owners import no_member
from pipeline.ownership.rules import EVERYTHING, Reach
from pipeline.ownership.tables import Owned, owner_of
from pipeline.submission.presence import TOMBSTONE, erased_object, erasure, held, is_held
from schemas.erasure import ErasureView

State = Literal["hidden", "held", "finished"]


def state_of(*, finished: bool, held: bool) -> State:
    """What an erasure waits for, if for anything."""
    if finished:
        return "finished"
    return "held" if held else "hidden"


def in_order(steps: Mapping[str, str]) -> dict[str, datetime]:
    """The steps with their times, the earliest first."""
    times = {name: datetime.fromisoformat(at) for name, at in steps.items()}
    return dict(sorted(times.items(), key=lambda each: each[1]))


def erasure_of(member_id: str, *, db: Database, reach: Reach = EVERYTHING) -> ErasureView:
    """The member's latest erasure within reach. Raises NotFound.

    Until it has finished it is of the service whose member it is; afterwards the id is nobody's, and the erasure still of that service.
    """
    if not reach.covers(member_id):
        raise no_member(member_id)
    theirs = (erasure.c.member_digest == member_digest(member_id), *_of_service(member_id, reach))
    with db.read() as connection:
        row = connection.execute(
            select(erasure).where(*theirs).order_by(erasure.c.asked_at.desc()).limit(1)
        ).one_or_none()
        if row is None:
            raise NotFound("Nobody has asked to erase this member.")
        return _view(connection, row, waits=row.finished_at is None and held(connection, member_id))


def overdue(db: Database) -> int:
    """How many erasures are past their deadline although no legal hold keeps them."""
    late = (erasure.c.finished_at.is_(None), erasure.c.deadline_at < func.now(), ~is_held(erasure.c.member_id))
    with db.read() as connection:
        return connection.execute(select(func.count()).select_from(erasure).where(*late)).scalar_one()


def _of_service(member_id: str, reach: Reach) -> tuple[ColumnElement[bool], ...]:
    if reach.service is None:
        return ()
    under_way = erasure.c.finished_at.is_(None) & (owner_of(Owned.MEMBER, literal(member_id)) == reach.service)
    finished = owner_of(Owned.MEMBER, literal(TOMBSTONE) + cast(erasure.c.id, Text)) == reach.service
    return (or_(under_way, finished),)


def _view(connection: Connection, row: Row[Any], *, waits: bool) -> ErasureView:
    mine = (erased_object.c.erasure_id == row.id, erased_object.c.deleted_at.is_(None))
    left = connection.execute(select(func.count()).select_from(erased_object).where(*mine)).scalar_one()
    return ErasureView(
        erasure_id=row.id,
        state=state_of(finished=row.finished_at is not None, held=waits),
        asked_at=row.asked_at,
        deadline_at=row.deadline_at,
        finished_at=row.finished_at,
        steps=in_order(row.steps),
        objects_left=left,
        receipt=row.receipt,
    )
