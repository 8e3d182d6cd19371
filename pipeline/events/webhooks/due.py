"""What is due for an endpoint: for some members the next events, in order."""

from collections.abc import Sequence
from itertools import groupby, takewhile
from typing import Any, Final
from uuid import UUID

from sqlalchemy import BigInteger, Row, Text, bindparam, column, func, select, true
from sqlalchemy.dialects.postgresql import ARRAY

from pipeline.events.outbound import may_be_told
from pipeline.events.tables import delivery, event
from pipeline.events.webhooks.turns import IS_DUE, IS_NEXT, PENDING
from pipeline.kernel.database import Database

Line = Sequence[Row[Any]]
"""Deliveries of one member, in order: each is sent once the one before it was taken."""

_TO: Final = delivery.c.endpoint_id == bindparam("endpoint_id")
_NEXT: Final = (
    select(delivery.c.member_id, delivery.c.sequence)
    .where(_TO, PENDING, IS_DUE, IS_NEXT)
    .order_by(delivery.c.due_at, delivery.c.sequence)
    .limit(bindparam("members"))
)
_HEAD: Final = (
    func.unnest(bindparam("of", type_=ARRAY(Text)), bindparam("since", type_=ARRAY(BigInteger)))
    .table_valued(column("member_id", Text), column("sequence", BigInteger), with_ordinality="place", name="head")
    .render_derived()
)
_FOLLOWING: Final = (
    select(delivery)
    .where(_TO, PENDING, delivery.c.member_id == _HEAD.c.member_id, delivery.c.sequence >= _HEAD.c.sequence)
    .order_by(delivery.c.sequence)
    .limit(bindparam("each"))
    .lateral("following")
)
_LINES: Final = (
    select(
        _FOLLOWING,
        event.c.type,
        event.c.at,
        event.c.data,
        event.c.cause_id,
        (func.greatest(_FOLLOWING.c.due_at, event.c.at) <= func.clock_timestamp()).label("is_due"),
    )
    .select_from(_HEAD.join(_FOLLOWING, true()).join(event, event.c.id == _FOLLOWING.c.event_id))
    .order_by(_HEAD.c.place, _FOLLOWING.c.sequence)
)


def due_lines(db: Database, endpoint_id: UUID, *, most: int) -> list[Line]:
    """At most so many deliveries that are due, by member. What a decision made is among them only if nobody can undo it any more."""
    with db.read() as connection:
        heads = connection.execute(_NEXT, {"endpoint_id": endpoint_id, "members": most}).all()
        if not heads:
            return []
        of = {"of": [row.member_id for row in heads], "since": [row.sequence for row in heads]}
        rows = connection.execute(_LINES, {"endpoint_id": endpoint_id, "each": max(1, most // len(heads)), **of}).all()
        decided = [row.event_id for row in rows if row.cause_id is not None]
        told = may_be_told(connection, decided) if decided else set()
    lines = [list(line) for _, line in groupby(rows, key=lambda row: row.member_id)]
    cut = [
        list(takewhile(lambda row: row.is_due and (row.cause_id is None or row.event_id in told), each))
        for each in lines
    ]
    return [each for each in cut if each]
