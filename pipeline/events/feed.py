from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, Connection, ScalarSelect, func, select, text

from pipeline.events.tables import FEED_LOCK, LAST_NUMBER, event
from pipeline.kernel.database import Database
from pipeline.kernel.pagination import cursor_of, number_in
from pipeline.ownership.rules import EVERYTHING, Reach, is_test
from pipeline.ownership.tables import within
from schemas.events import EventPage, EventView

_UNDER_WAY: Final = text(
    "SELECT min(lock.key) - :feed FROM (SELECT (classid::bigint << 32) | objid::bigint AS key FROM pg_locks"
    "  WHERE locktype = 'advisory' AND objsubid = 1 AND mode = 'ShareLock'"
    "  AND database = (SELECT oid FROM pg_database WHERE datname = current_database())) lock"
    " WHERE lock.key BETWEEN :feed AND :feed + (1::bigint << 48) - 1"
)
"""The last number that was taken before the earliest one that is under way; null where none is."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which events to list; None means any. Times are from the first, which belongs to it, to the second, which does not."""

    types: Sequence[str] | None = None
    since: datetime | None = None
    until: datetime | None = None

    def conditions(self) -> Iterator[ColumnElement[bool]]:
        """What rows must be."""
        if self.types is not None:
            yield event.c.type.in_(self.types)
        if self.since is not None:
            yield event.c.at >= self.since
        if self.until is not None:
            yield event.c.at < self.until


def events(
    *,
    cursor: str | None,
    member_id: str | None,
    limit: int,
    db: Database,
    wanted: Wanted = Wanted(),
    reach: Reach = EVERYTHING,
) -> EventPage:
    """A page after `cursor`, the earliest first; no event is ever left out. Raises Invalid for a cursor that is not ours.

    Transactions commit in another order than they take their numbers: an event is shown once every transaction with a lower number has
    ended. A decision's event waits for its undo window: the page ends before the first event that is not there yet, or that somebody is
    retracting.
    The cursor of a page that is not full has passed what the caller does not see, so that it is not looked through again.
    """
    after = number_in(cursor) if cursor is not None else 0
    seen = within(reach, service=event.c.service, member=event.c.member_id)
    query = select(event).where(event.c.sequence > after, *seen, *wanted.conditions())
    if member_id is not None:
        query = query.where(event.c.member_id == member_id)
    with db.read() as connection:
        settled = _settled(connection)
        end = func.coalesce(_first(event.c.at > func.now()), 2**62)
        numbers = select(func.max(event.c.sequence)).where(event.c.sequence < end, event.c.sequence <= settled)
        last = connection.execute(numbers).scalar() or 0
        rows = connection.execute(query.where(event.c.sequence <= last).order_by(event.c.sequence).limit(limit)).all()
    items = tuple(
        EventView(id=row.id, type=row.type, timestamp=row.at, livemode=not is_test(row.member_id), data=row.data)
        for row in rows
    )
    passed = rows[-1].sequence if len(rows) == limit else max(after, last)
    return EventPage(items=items, next_cursor=cursor_of(passed))


def _settled(connection: Connection) -> int:
    """The number up to which no transaction is under way. Three statements, in this order, make it hold without any clock.

    A number up to the last one was taken under a lock. Its transaction has ended when the locks are read, and is seen by whoever reads
    the events after that; or its lock is there.
    """
    last = connection.execute(select(LAST_NUMBER)).scalar_one()
    under_way = connection.execute(_UNDER_WAY, {"feed": FEED_LOCK}).scalar_one()
    return int(last if under_way is None else min(last, under_way))


def _first(what: ColumnElement[bool]) -> ScalarSelect[int]:
    return select(func.min(event.c.sequence)).where(what).scalar_subquery()
