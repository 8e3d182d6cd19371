"""What a reviewer holds: their live claim, its case locked for a change, their row and their cap; and why a claim is of no use."""

from typing import Any, Final, NoReturn
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, bindparam, exists, func, literal, or_, select

from pipeline.access.staff.tables import reviewer
from pipeline.kernel.database import constant
from pipeline.kernel.errors import ClaimCapReached, ClaimExpired, Forbidden, NotFound
from pipeline.review.cases.outcome import fate_of_claim, in_words, shown
from pipeline.review.quality.blinding import as_claimed
from pipeline.review.quality.tables import check
from pipeline.review.tables import OFFERED, ON_MEMBERS_CASES, claim
from pipeline.submission.lifecycle import State
from pipeline.submission.tables import submission

LIVE: Final = and_(claim.c.state == constant("live"), claim.c.lease_until > func.now())
_CLOSED: Final = and_(ON_MEMBERS_CASES, submission.c.state != constant(State.IN_REVIEW))
RUN_OUT: Final = (
    select(claim.c.id)
    .join(submission, submission.c.id == claim.c.submission_id)
    .where(claim.c.state == constant("live"), or_(claim.c.lease_until <= func.now(), _CLOSED))
)
"""Claims whose lease ran out or whose case is no longer in review, and which nobody has ended yet."""

_THEIRS: Final = (claim.c.reviewer_id == bindparam("reviewer"), LIVE)
_PERSON: Final = select(reviewer).where(reviewer.c.id == bindparam("reviewer")).with_for_update()
DESK: Final = select(
    select(func.count()).select_from(claim).where(*_THEIRS, ~OFFERED).scalar_subquery().label("held"),
    exists(literal(1)).where(*_THEIRS, OFFERED).label("offered"),
    exists(RUN_OUT).label("run_out"),
)
"""How many cases a reviewer holds, whether they are offered one, and whether anybody's claim has run out."""


def mine(claim_id: UUID, token: UUID, reviewer_id: str) -> tuple[ColumnElement[bool], ...]:
    """The claim of that id, where the token proves that it is this reviewer's."""
    return claim.c.id == claim_id, claim.c.token == token, claim.c.reviewer_id == reviewer_id


def live_claim(connection: Connection, claim_id: UUID, *, reviewer_id: str) -> Row[Any]:
    """A reviewer's live claim. Raises ClaimExpired, NotFound."""
    theirs = (claim.c.id == claim_id, claim.c.reviewer_id == reviewer_id)
    row = connection.execute(select(claim).where(*theirs, LIVE)).one_or_none()
    if row is None:
        explain(connection, claim_id, reviewer_id)
    return row


def case_of_claim(connection: Connection, claim_id: UUID, reviewer_id: str, *, lock: bool = False) -> Row[Any]:
    """The submission of a reviewer's claim as its page shows it, with the reviewer's roles. Raises NotFound.

    Whoever decides a case or passes it on locks it before the claim, so that nobody waits for each other.
    """
    query: Select[Any] = (
        select(*as_claimed(), claim.c.check_id, reviewer.c.roles)
        .select_from(submission)
        .join(claim, claim.c.submission_id == submission.c.id)
        .outerjoin(check, check.c.id == claim.c.check_id)
        .join(reviewer, reviewer.c.id == claim.c.reviewer_id)
        .where(claim.c.id == claim_id, claim.c.reviewer_id == reviewer_id)
    )
    row = connection.execute(query.with_for_update(of=submission) if lock else query).one_or_none()
    if row is None:
        explain(connection, claim_id, reviewer_id)
    return row


def locked_reviewer(connection: Connection, reviewer_id: str) -> Row[Any]:
    """The reviewer's row, locked: two requests of one person at once cannot both slip under the cap.

    Raises NotFound, and Forbidden for somebody who was disabled.
    """
    row = connection.execute(_PERSON, {"reviewer": reviewer_id}).one_or_none()
    if row is None:
        raise NotFound(f"There is no reviewer {reviewer_id!r}. Add one with: proofdesk reviewer add {reviewer_id}")
    if row.disabled_at is not None:
        raise Forbidden(f"{reviewer_id} does not review here any more. An administrator may change that.")
    return row


def desk_of(connection: Connection, reviewer_id: str) -> Row[Any]:
    """At a glance: how many cases the reviewer holds, whether they are offered one, and whether anybody's claim has run out.

    What colleagues offer and nobody has taken up is not held yet.
    """
    return connection.execute(DESK, {"reviewer": reviewer_id}).one()


def hold_cap(held: int, cap: int) -> None:
    """Raises ClaimCapReached."""
    if held >= cap:
        raise ClaimCapReached(
            f"You hold {held} cases, which is as many as one person may. Decide or release one first."
        )


def explain(connection: Connection, claim_id: UUID, reviewer_id: str) -> NoReturn:
    """Say why a claim cannot be used: NotFound where it never was this reviewer's, else ClaimExpired with what became of it."""
    theirs = (claim.c.id == claim_id, claim.c.reviewer_id == reviewer_id)
    row = connection.execute(select(claim).where(*theirs)).one_or_none()
    if row is None:
        raise NotFound("You hold no such claim. Claim the next case.")
    became = fate_of_claim(connection, row)
    if row.state == "live" and became.state == State.IN_REVIEW:
        message = "The claim's time ran out, or its token or fence is another one. Claim the next case."
        raise ClaimExpired(message, became=shown(became))
    ended = row.state.replace("_", " ")
    raise ClaimExpired(f"The claim has ended ({ended}). {in_words(became)} Claim the next case.", became=shown(became))
