"""Delete a member's rows, or leave them without the member. As often as one likes: what is gone is not counted again."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, Connection, delete, func, insert, literal, or_, select, update

from pipeline.access.staff.tables import reviewer
from pipeline.kernel.batches import delete_some, update_some
from pipeline.submission.presence import erasure, held_row
from pipeline.workflows.erasure.places import PLACES, Place
from pipeline.workflows.erasure.subject import Subject


def scrub(
    connection: Connection, subject: Subject, *, keep: bool, slow: bool, most: int | None = None
) -> Mapping[str, int]:
    """Go through every place; how many rows of each table were changed. With `keep` a copy of each goes to where no page reads it.

    With `most` it ends at the first place that has so many: the caller calls again, in another transaction.
    """
    counts: Counter[str] = Counter()
    for place in PLACES:
        if slow or not place.slow:
            changed = _scrubbed(connection, place, subject, keep=keep, most=most)
            counts[str(place.table.name)] += changed
            if most is not None and changed >= most:
                return +counts
    counts["reviewer"] += _unrelated(connection, subject)
    return +counts


def counted(connection: Connection, subject: Subject, counts: Mapping[str, int]) -> None:
    """Add to the erasure's counts, in the transaction that did what is counted."""
    mine = erasure.c.id == subject.erasure_id
    before = connection.execute(select(erasure.c.counts).where(mine).with_for_update()).scalar_one()
    total = Counter(before)
    total.update(counts)
    connection.execute(update(erasure).where(mine).values(counts=dict(total)))


def _scrubbed(connection: Connection, place: Place, subject: Subject, *, keep: bool, most: int | None) -> int:
    table, mine = place.table, place.mine(subject)
    blank = place.blank(subject) if place.blank else None
    condition = mine if blank is None else mine & _differs(table, blank)
    if keep:
        connection.execute(_copies(table, condition, subject))
    if most is not None and blank is None:
        return delete_some(connection, table, condition, most=most, wait=True)
    if most is not None and blank is not None:
        return update_some(connection, table, condition, blank, most=most, wait=True)
    change = delete(table) if blank is None else update(table).values(dict(blank))
    return connection.execute(change.where(condition)).rowcount


def _differs(table: Any, blank: Mapping[str, Any]) -> ColumnElement[bool]:
    """Whether a row has anything else in one of these columns."""
    return or_(*(table.c[name].is_distinct_from(_typed(table.c[name], value)) for name, value in blank.items()))


def _typed(column: Any, value: Any) -> Any:
    return value if isinstance(value, ColumnElement) else literal(value, column.type)


def _copies(table: Any, condition: ColumnElement[bool], subject: Subject) -> Any:
    row = select(literal(subject.erasure_id), literal(table.name), func.to_jsonb(table.table_valued())).where(condition)
    return insert(held_row).from_select(["erasure_id", "place", "content"], row)


def _unrelated(connection: Connection, subject: Subject) -> int:
    """Take the member out of the lists of whom reviewers are related to."""
    related = reviewer.c.related_members
    without = func.array_remove(related, subject.member_id)
    change = update(reviewer).where(related.contains([subject.member_id])).values(related_members=without)
    return connection.execute(change).rowcount
