"""The events themselves, for services that ask instead of being told."""

from typing import Final

from sqlalchemy import func, select, text

from pipeline.database import Database
from pipeline.errors import Invalid, Problem
from pipeline.events.tables import event
from schemas.events import EventPage, EventView

LONGEST: Final = 18
"""Digits of a cursor; more than any event's number has."""


def events(*, cursor: str | None, member_id: str | None, limit: int, db: Database) -> EventPage:
    """A page after `cursor`, the earliest first; nothing is ever passed over. Raises Invalid for a cursor that is none.

    Transactions commit in another order than they take their numbers, and a decision's event waits for its undo window:
    the page ends before the first event that is not there yet.
    """
    after = _number(cursor)
    not_yet = select(func.min(event.c.sequence)).where(event.c.at > func.now()).scalar_subquery()
    settled = event.c.transaction < text("pg_snapshot_xmin(pg_current_snapshot())::text::bigint")
    query = select(event).where(event.c.sequence > after, settled, event.c.sequence < func.coalesce(not_yet, 2**62))
    if member_id is not None:
        query = query.where(event.c.member_id == member_id)
    with db.read() as connection:
        rows = connection.execute(query.order_by(event.c.sequence).limit(limit)).all()
    items = tuple(EventView(id=row.id, type=row.type, timestamp=row.at, data=row.data) for row in rows)
    return EventPage(items=items, next_cursor=str(rows[-1].sequence if rows else after))


def _number(cursor: str | None) -> int:
    if cursor is None:
        return 0
    if not cursor.isascii() or not cursor.isdigit() or len(cursor) > LONGEST:
        raise Invalid([Problem("cursor", "invalid_cursor", "Use next_cursor of the page before, unchanged.")])
    return int(cursor)
