from typing import Any

from sqlalchemy import Row, select

from pipeline.account.tables import points_account, points_entry
from pipeline.kernel.database import Database
from pipeline.kernel.pagination import cursor_of, number_in
from schemas.points import EntryType, PointsBalance, PointsCause, PointsEntry, PointsPage


def balance_of(member_id: str, *, db: Database) -> PointsBalance:
    """The member's balance; zero for a member without entries."""
    with db.read() as connection:
        row = connection.execute(select(points_account).where(points_account.c.member_id == member_id)).one_or_none()
    balance, entries = (row.balance, row.entries) if row else (0, 0)
    return PointsBalance(member_id=member_id, balance=balance, overdrawn=balance < 0, entries=entries)


def entries_of(member_id: str, *, kind: EntryType | None, cursor: str | None, limit: int, db: Database) -> PointsPage:
    """A page of the member's entries, the latest first, of one type or any. Raises Invalid for an unknown cursor."""
    query = select(points_entry).where(points_entry.c.member_id == member_id)
    if kind is not None:
        query = query.where(points_entry.c.type == kind)
    if cursor is not None:
        query = query.where(points_entry.c.number < number_in(cursor))
    with db.read() as connection:
        rows = connection.execute(query.order_by(points_entry.c.number.desc()).limit(limit + 1)).all()
    return PointsPage(
        items=tuple(entry_view(row) for row in rows[:limit]),
        next_cursor=cursor_of(rows[limit - 1].number) if len(rows) > limit else None,
    )


def entry_view(row: Row[Any]) -> PointsEntry:
    """One entry as other services see it: without who wrote it."""
    return PointsEntry(
        id=row.id,
        member_id=row.member_id,
        number=row.number,
        type=row.type,
        points=row.points,
        balance_after=row.balance_after,
        overdrawn=row.balance_after < 0,
        cause=PointsCause.model_validate(row, from_attributes=True),
        at=row.at,
    )
