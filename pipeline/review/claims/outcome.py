from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection, Row, exists, func, select

from pipeline.access.staff.tables import reviewer
from pipeline.kernel.errors import Conflict
from pipeline.review.tables import ANSWER_STANDING, ON_MEMBERS_CASES, answer, claim
from pipeline.submission.decisions import CONSEQUENCES
from pipeline.submission.lifecycle import State, advance
from pipeline.submission.tables import STANDING, decision, submission
from schemas.decisions import CaseOutcome

_NOT_DECIDED: Final = dict.fromkeys(("by", "name", "verdict", "at"))


def outcome_of(connection: Connection, submission_id: UUID) -> CaseOutcome:
    """The outcome of a member's case. While the case is in review it names nobody and no verdict."""
    by = func.coalesce(decision.c.reviewer_id, decision.c.rule)
    query = (
        select(
            submission.c.state,
            by.label("by"),
            func.coalesce(reviewer.c.name, by).label("name"),
            decision.c.verdict,
            decision.c.reasons,
            func.coalesce(decision.c.decided_at, submission.c.closed_at).label("at"),
            exists()
            .where(claim.c.submission_id == submission.c.id, claim.c.state == "live", ON_MEMBERS_CASES)
            .label("claimed"),
        )
        .outerjoin(decision, (decision.c.submission_id == submission.c.id) & STANDING)
        .outerjoin(reviewer, reviewer.c.id == decision.c.reviewer_id)
        .where(submission.c.id == submission_id)
    )
    known = dict(connection.execute(query).mappings().one())
    if known["state"] == State.IN_REVIEW:
        known |= _NOT_DECIDED
    return CaseOutcome(submission_id=submission_id, **known)


def outcome_of_claim(connection: Connection, claimed: Row[Any]) -> CaseOutcome:
    """The outcome of a claim's case, as far as its reviewer may know it: of a blind look only their own answer."""
    if claimed.check_id is None:
        return outcome_of(connection, claimed.submission_id)
    own = (answer.c.claim_id == claimed.id, ANSWER_STANDING)
    query = select(answer, reviewer.c.name).join(reviewer, reviewer.c.id == answer.c.reviewer_id).where(*own)
    given = connection.execute(query).one_or_none()
    if given is None or given.verdict not in CONSEQUENCES:
        return CaseOutcome(submission_id=claimed.submission_id, state=State.IN_REVIEW, **_NOT_DECIDED)
    return CaseOutcome(
        submission_id=claimed.submission_id,
        state=advance(State.IN_REVIEW, CONSEQUENCES[given.verdict].transition),
        by=given.reviewer_id,
        name=given.name or given.reviewer_id,
        verdict=given.verdict,
        reasons=given.reasons,
        at=given.decided_at,
    )


def in_words(outcome: CaseOutcome) -> str:
    """The outcome as a sentence for a reviewer."""
    if outcome.at is None:
        return "The case is in review."
    at = f"{outcome.at:%Y-%m-%d %H:%M} UTC"
    if outcome.verdict is None:
        return f"The case is {outcome.state} since {at}."
    return f"{outcome.name} decided it at {at}: {outcome.verdict.replace('_', ' ')}. The case is {outcome.state}."


@contextmanager
def conflicts_with_outcome(connection: Connection, case: Row[Any]) -> Iterator[None]:
    """Add the case's outcome to a conflict that the block raises, unless the look is blind."""
    try:
        yield
    except Conflict as conflict:
        if case.check_id is None and conflict.became is None:
            conflict.became = outcome_of(connection, case.id).model_dump(mode="json")
        raise
