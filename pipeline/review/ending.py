"""How a claim ends by its holder's doing, and what is allowed to them before."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, exists, func, literal, select, update
from sqlalchemy.dialects.postgresql import insert

from pipeline.errors import ClaimExpired, Conflict
from pipeline.lifecycle import State
from pipeline.review.actions import Action, allowed_actions
from pipeline.review.fate import fate_of, in_words, shown
from pipeline.review.grant import tell
from pipeline.review.held import LIVE, explain, mine
from pipeline.review.tables import claim, skip
from pipeline.tables import material


def end_claim(
    connection: Connection, claim_id: UUID, token: UUID, *, reviewer_id: str, state: str, fence: int | None = None
) -> Row[Any]:
    """End a live claim in the caller's transaction. Raises ClaimExpired, NotFound."""
    fenced = [claim.c.fence == fence] if fence is not None else []
    row = connection.execute(
        update(claim)
        .where(*mine(claim_id, token, reviewer_id), *fenced, LIVE)
        .values(state=state, ended_at=func.now())
        .returning(claim)
    ).one_or_none()
    if row is None:
        explain(connection, claim_id, reviewer_id)
    return row


def give_all_back(connection: Connection, reviewer_id: str) -> None:
    """End every live claim of somebody who may hold none any more, and what is offered to them: their cases wait again."""
    ended = connection.execute(
        update(claim)
        .where(claim.c.reviewer_id == reviewer_id, claim.c.state == "live")
        .values(state="released", ended_at=func.now())
        .returning(claim)
    ).all()
    for row in ended:
        tell(connection, row, "claim.released", {"disabled": True})


def skip_case(connection: Connection, held: Row[Any], reason: str) -> None:
    """Never offer the case to who held it again."""
    values = {"submission_id": held.submission_id, "reviewer_id": held.reviewer_id, "reason": reason}
    connection.execute(insert(skip).values(values).on_conflict_do_nothing())


def allowed_for(connection: Connection, case: Row[Any]) -> tuple[Action, ...]:
    """What the holder of a case, loaded with their roles, may do with it."""
    files = exists(literal(1)).where(material.c.submission_id == case.id, material.c.upload_key.is_not(None))
    has_files = connection.execute(select(files)).scalar_one()
    return allowed_actions(case.roles, queue=case.queue, has_files=bool(has_files))


def allowed_with(case: Row[Any], materials: Sequence[Any]) -> tuple[Action, ...]:
    """The same where the case's materials were loaded already, with their `upload_key`."""
    has_files = any(each.upload_key is not None for each in materials)
    return allowed_actions(case.roles, queue=case.queue, has_files=has_files)


def require_open(connection: Connection, case: Row[Any]) -> None:
    """Raises ClaimExpired where the case has ended under its holder's hands."""
    if case.state != State.IN_REVIEW:
        became = fate_of(connection, case.id)
        raise ClaimExpired(f"{in_words(became)} Claim the next case.", became=shown(became))


@contextmanager
def saying_what_became(connection: Connection, case: Row[Any]) -> Iterator[None]:
    """A conflict in the block says what came of the case: who decided what, and when."""
    try:
        yield
    except Conflict as conflict:
        if case.check_id is None:
            conflict.became = conflict.became or shown(fate_of(connection, case.id))
        raise
