"""What came of a case, for somebody who comes too late: who decided what, and when."""

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection, Row, func, select

from pipeline.access.staff.tables import reviewer
from pipeline.review.quality.tables import answer
from pipeline.submission.decisions import EVENTS
from pipeline.submission.lifecycle import State, advance
from pipeline.submission.tables import STANDING, decision, submission
from schemas.decisions import Became

_UNTOLD: Final = dict.fromkeys(("by", "name", "verdict", "at"))


def fate_of(connection: Connection, submission_id: UUID) -> Became:
    """What the case is by now. While it is in review nothing is said of what anybody thinks of it."""
    by = func.coalesce(decision.c.reviewer_id, decision.c.rule)
    query = (
        select(
            submission.c.state,
            by.label("by"),
            func.coalesce(reviewer.c.name, by).label("name"),
            decision.c.verdict,
            decision.c.reasons,
            func.coalesce(decision.c.decided_at, submission.c.closed_at).label("at"),
        )
        .outerjoin(decision, (decision.c.submission_id == submission.c.id) & STANDING)
        .outerjoin(reviewer, reviewer.c.id == decision.c.reviewer_id)
        .where(submission.c.id == submission_id)
    )
    known = connection.execute(query).mappings().one()
    open_still = known["state"] == State.IN_REVIEW
    return Became(submission_id=submission_id, **{**known, **(_UNTOLD if open_still else {})})


def fate_of_claim(connection: Connection, held: Row[Any]) -> Became:
    """What the claim's case is by now, as far as who held it may know: of a blind one, what they made of it themselves."""
    if held.check_id is None:
        return fate_of(connection, held.submission_id)
    mine = (answer.c.claim_id == held.id, answer.c.undone_at.is_(None))
    query = select(answer, reviewer.c.name).join(reviewer, reviewer.c.id == answer.c.reviewer_id).where(*mine)
    said = connection.execute(query).one_or_none()
    if said is None or said.verdict not in EVENTS:
        return Became(submission_id=held.submission_id, state=State.IN_REVIEW, reasons=None, **_UNTOLD)
    return Became(
        submission_id=held.submission_id,
        state=advance(State.IN_REVIEW, EVENTS[said.verdict]),
        by=said.reviewer_id,
        name=said.name or said.reviewer_id,
        verdict=said.verdict,
        reasons=said.reasons,
        at=said.decided_at,
    )


def in_words(became: Became) -> str:
    """A sentence for a person: what came of the case."""
    if became.at is None:
        return "The case is in review."
    at = f"{became.at:%Y-%m-%d %H:%M} UTC"
    if became.verdict is None:
        return f"The case is {became.state} since {at}."
    return f"{became.name} decided it at {at}: {became.verdict.replace('_', ' ')}. The case is {became.state}."


def shown(became: Became) -> Mapping[str, object]:
    """As an error carries it."""
    return became.model_dump(mode="json")
