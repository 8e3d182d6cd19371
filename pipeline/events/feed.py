from typing import Final

from sqlalchemy import ColumnElement, ScalarSelect, func, select, text

from pipeline.events.tables import event
from pipeline.kernel.database import Database
from pipeline.kernel.pagination import cursor_of, number_in
from pipeline.ownership.rules import EVERYTHING, Reach
from pipeline.ownership.tables import within
from schemas.events import EventPage, EventView

_UNDER_WAY_SINCE: Final = text(
    "SELECT coalesce(min(xact_start), clock_timestamp()) FROM pg_stat_activity"
    " WHERE backend_xid IS NOT NULL AND datname = current_database()"
)
"""When the oldest transaction began that writes. To be asked before the events are read: what ended in between is seen by then."""


def events(
    *, cursor: str | None, member_id: str | None, limit: int, db: Database, reach: Reach = EVERYTHING
) -> EventPage:
    """A page after `cursor`, the earliest first; no event is ever left out. Raises Invalid for a cursor that is not ours.

    Transactions commit in another order than they take their numbers: an event is shown once every transaction that had begun when it
    was written has ended. A decision's event waits for its undo window: the page ends before the first event that is not there yet.
    The cursor of a page that is not full has passed what the caller does not see, so that it is not looked through again.
    """
    after = number_in(cursor) if cursor is not None else 0
    seen = within(reach, service=event.c.service, member=event.c.member_id)
    query = select(event).where(event.c.sequence > after, *seen)
    if member_id is not None:
        query = query.where(event.c.member_id == member_id)
    with db.read() as connection:
        under_way = event.c.written_at >= connection.execute(_UNDER_WAY_SINCE).scalar_one()
        end = func.least(_first(under_way), _first(event.c.at > func.now()), 2**62)
        last = connection.execute(select(func.max(event.c.sequence)).where(event.c.sequence < end)).scalar() or 0
        rows = connection.execute(query.where(event.c.sequence <= last).order_by(event.c.sequence).limit(limit)).all()
    items = tuple(EventView(id=row.id, type=row.type, timestamp=row.at, data=row.data) for row in rows)
    passed = rows[-1].sequence if len(rows) == limit else max(after, last)
    return EventPage(items=items, next_cursor=cursor_of(passed))


def _first(what: ColumnElement[bool]) -> ScalarSelect[int]:
    return select(func.min(event.c.sequence)).where(what).scalar_subquery()
