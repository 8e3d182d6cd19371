"""The chances that a member has used (DOMAIN §7.3). They follow from the states of the submissions and are stored nowhere else."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import Connection, Index, func, select, text

from pipeline.submission.lifecycle import GIVES_CHANCE_BACK, OPEN
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


@dataclass(frozen=True, slots=True)
class Taken:
    """How many chances are taken: `spent` by what was judged, `pending` by what has no result yet."""

    spent: int = 0
    pending: int = 0

    @property
    def all(self) -> int:
        """How many are not free."""
        return self.spent + self.pending

    def left_of(self, limit: int) -> int:
        """How many are free; zero where a newer policy has lowered the limit below what is taken."""
        return max(0, limit - self.all)


NONE_TAKEN: Final = Taken()


def chances_taken(connection: Connection, *, member_id: str, method: str, stage: str) -> Sequence[int]:
    """The numbers of the chances that open and judged submissions take."""
    mine = (submission.c.member_id == member_id, submission.c.method == method, submission.c.stage == stage)
    return connection.execute(select(submission.c.chance).where(*mine, TAKEN)).scalars().all()


def chances_used(
    connection: Connection, *, member_id: str, judged: UUID | None = None
) -> Mapping[tuple[str, str], Taken]:
    """The chances that are taken, by stage and method; those without any are left out.

    A submission that is being `judged` counts as spent already, whatever its state is.
    """
    still_open = submission.c.state.in_(OPEN)
    pending = func.count().filter(still_open if judged is None else still_open & (submission.c.id != judged))
    rows = connection.execute(
        select(submission.c.stage, submission.c.method, func.count().label("count"), pending.label("pending"))
        .where(submission.c.member_id == member_id, TAKEN)
        .group_by(submission.c.stage, submission.c.method)
    )
    return {(row.stage, row.method): Taken(row.count - row.pending, row.pending) for row in rows}


def chances_of(connection: Connection, *, member_id: str, method: str, stage: str, judged: UUID | None = None) -> Taken:
    """The chances that are taken by this method for this stage; `judged` as above."""
    return chances_used(connection, member_id=member_id, judged=judged).get((stage, method), NONE_TAKEN)


def chances_of_case(connection: Connection, submission_id: UUID, *, at: datetime | None = None) -> Taken | None:
    """The same as they were while this submission was open, itself pending: at that time, or now. None for an avatar."""
    mine = select(submission).where(submission.c.id == submission_id)
    case = connection.execute(mine).one()
    if case.kind == "avatar":
        return None
    same = (
        submission.c.member_id == case.member_id,
        submission.c.method == case.method,
        submission.c.stage == case.stage,
    )
    columns = (submission.c.state, submission.c.closed_at)
    others = select(*columns).where(*same, submission.c.id != submission_id)
    rows = connection.execute(others.where(submission.c.accepted_at <= at) if at is not None else others).all()
    pending = [row for row in rows if row.closed_at is None or (at is not None and row.closed_at > at)]
    spent = [row for row in rows if row not in pending and row.state not in GIVES_CHANCE_BACK]
    return Taken(len(spent), len(pending) + 1)
