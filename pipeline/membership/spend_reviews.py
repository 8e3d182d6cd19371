"""Stages whose members came below the amount by refunds: a person settles them, unless new orders reach the amount again."""

from decimal import Decimal

from sqlalchemy import ColumnElement, Connection, func, update
from sqlalchemy.dialects.postgresql import insert

from pipeline.kernel.ids import new_id
from pipeline.membership.level import Cause
from pipeline.membership.tables import spend_review
from pipeline.policy import Policy
from pipeline.policy.ladder import Stage


def doubt(connection: Connection, member_id: str, rung: Stage, *, cause: Cause, policy: Policy) -> None:
    """Let a person look at a stage whose amount is not reached any more; once, as long as nobody has settled it."""
    row = {
        "id": new_id(),
        "member_id": member_id,
        "stage": rung.stage,
        "needed": rung.spend,
        "cause_id": cause.id,
        "policy_version": policy.version,
    }
    connection.execute(insert(spend_review).values(row).on_conflict_do_nothing())


def recover(connection: Connection, member_id: str, spent: Decimal, *, cause: Cause) -> None:
    """End what nobody has to look at any more, since orders reach the amount again."""
    _end(connection, member_id, spend_review.c.needed <= spent, state="recovered", by=cause.actor)


def end_doubt(connection: Connection, member_id: str, stage: str, *, cause: Cause) -> None:
    """End what nobody has to look at any more, since the stage was taken away."""
    _end(connection, member_id, spend_review.c.stage == stage, state="taken_away", by=cause.actor)


def _end(connection: Connection, member_id: str, which: ColumnElement[bool], *, state: str, by: str) -> None:
    ended = {"state": state, "settled_at": func.clock_timestamp(), "settled_by": by}
    mine = (spend_review.c.member_id == member_id, spend_review.c.state == "open")
    connection.execute(update(spend_review).where(*mine, which).values(ended))
