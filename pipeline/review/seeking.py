"""What a reviewer finds who looks for a case: their desk, and the case that is due soonest. One statement, and so one trip."""

from functools import cache
from typing import Any

from sqlalchemy import Connection, Row, Select, case, or_, select

from pipeline.review.held import DESK
from pipeline.review.waiting import Seeker, form_of, parameters, waiting


def look(connection: Connection, seeker: Seeker) -> Row[Any]:
    """The desk (`held`, `offered`, `run_out`), and as `waiting` the next case, locked; None where nothing waits.

    Where something is offered or has run out, that comes first: `waiting` is None then, and nothing is locked. The reviewer's row
    must be locked before, in a statement of its own: what this one sees is as old as its beginning.
    """
    return connection.execute(_statement(**form_of(seeker)), parameters(seeker)).one()


@cache
def _statement(*, by_language: bool, by_kind: bool) -> Select[Any]:
    desk = DESK.cte("desk").prefix_with("MATERIALIZED")
    first = waiting(by_language=by_language, by_kind=by_kind).scalar_subquery()
    return select(desk, case((~or_(desk.c.offered, desk.c.run_out), first)).label("waiting"))
