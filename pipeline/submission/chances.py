"""The chances that a member has used (DOMAIN §7.3). They follow from the states of the submissions and are stored nowhere else."""

from collections.abc import Mapping, Sequence
from typing import Final

from sqlalchemy import Connection, Index, func, select, text

from pipeline.submission.lifecycle import GIVES_CHANCE_BACK
from pipeline.submission.tables import submission

_GIVEN_BACK: Final = ", ".join(f"'{state}'" for state in sorted(GIVES_CHANCE_BACK))
TAKEN: Final = text(f"kind = 'verification' AND state NOT IN ({_GIVEN_BACK})")
"""A submission that takes its chance: it is open, or it was judged."""

Index(
    "uq_submission_chance",
    submission.c.member_id,
    submission.c.method,
    submission.c.stage,
    submission.c.chance,
    unique=True,
    postgresql_where=TAKEN,
)


def chances_taken(connection: Connection, *, member_id: str, method: str, stage: str) -> Sequence[int]:
    """The numbers of the chances that open and judged submissions take."""
    mine = (submission.c.member_id == member_id, submission.c.method == method, submission.c.stage == stage)
    return connection.execute(select(submission.c.chance).where(*mine, TAKEN)).scalars().all()


def chances_used(connection: Connection, *, member_id: str) -> Mapping[tuple[str, str], int]:
    """How many chances are taken, by stage and method; those without any are left out."""
    rows = connection.execute(
        select(submission.c.stage, submission.c.method, func.count())
        .where(submission.c.member_id == member_id, TAKEN)
        .group_by(submission.c.stage, submission.c.method)
    )
    return {(stage, method): count for stage, method, count in rows}


def chances_left(connection: Connection, *, member_id: str, method: str, stage: str, limit: int) -> int:
    """How many chances the member still has; zero where a newer policy has lowered the limit below what was used."""
    return max(0, limit - len(chances_taken(connection, member_id=member_id, method=method, stage=stage)))
