"""The chances that a member has used (DOMAIN §7.3), read from the states of their submissions."""

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection, func, select

from pipeline.submission.lifecycle import GIVES_CHANCE_BACK
from pipeline.submission.tables import submission


def chances_taken(connection: Connection, *, member_id: str, method: str, stage: str) -> Sequence[int]:
    """The numbers of the chances that an open submission holds or a judged one has spent.

    A chance is never booked: it follows from the submission's state, so it cannot be spent twice or forgotten.
    """
    return (
        connection.execute(
            select(submission.c.chance).where(
                submission.c.member_id == member_id,
                submission.c.kind == "verification",
                submission.c.method == method,
                submission.c.stage == stage,
                submission.c.state.not_in(GIVES_CHANCE_BACK),
            )
        )
        .scalars()
        .all()
    )


def chances_used(connection: Connection, *, member_id: str) -> Mapping[tuple[str, str], int]:
    """How many chances are held or spent, by stage and method; what nobody tried is not in it."""
    rows = connection.execute(
        select(submission.c.stage, submission.c.method, func.count())
        .where(
            submission.c.member_id == member_id,
            submission.c.kind == "verification",
            submission.c.state.not_in(GIVES_CHANCE_BACK),
        )
        .group_by(submission.c.stage, submission.c.method)
    )
    return {(stage, method): count for stage, method, count in rows}


def chances_left(connection: Connection, *, member_id: str, method: str, stage: str, limit: int) -> int:
    """How many chances the member still has; none where a policy has lowered the limit below what was used."""
    return max(0, limit - len(chances_taken(connection, member_id=member_id, method=method, stage=stage)))
