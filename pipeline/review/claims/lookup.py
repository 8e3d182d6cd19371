from collections.abc import Sequence
from typing import Any, Final, NoReturn
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, bindparam, case, exists, func, literal, or_, select

from pipeline.access.staff.relations import is_related
from pipeline.access.staff.tables import reviewer
from pipeline.kernel.database import constant
from pipeline.kernel.errors import ClaimCapReached, ClaimExpired, Forbidden, NotFound
from pipeline.policy import Policy
from pipeline.review.actions import Action, allowed_actions
from pipeline.review.claims.outcome import in_words, outcome_of, outcome_of_claim
from pipeline.review.claims.rules import require_may_have
from pipeline.review.claims.ties import TIES, ties_of
from pipeline.review.tables import OFFERED, ON_MEMBERS_CASES, check, claim
from pipeline.submission.lifecycle import State
from pipeline.submission.tables import material, submission

LIVE: Final = and_(claim.c.state == constant("live"), claim.c.lease_until > func.now())
_CLOSED: Final = and_(ON_MEMBERS_CASES, submission.c.state != constant(State.IN_REVIEW))
RUN_OUT: Final = (
    select(claim.c.id)
    .join(submission, submission.c.id == claim.c.submission_id)
    .where(claim.c.state == constant("live"), or_(claim.c.lease_until <= func.now(), _CLOSED))
)
"""Claims whose lease ran out or whose case is no longer in review, and which nobody has ended yet."""

OPEN_CASE: Final = or_(
    and_(ON_MEMBERS_CASES, submission.c.state == State.IN_REVIEW),
    and_(claim.c.check_id.is_not(None), check.c.answered_at.is_(None)),
)
"""Whether a claim's case still waits for a verdict, in a query that joins its check."""

_THEIRS: Final = (claim.c.reviewer_id == bindparam("reviewer"), LIVE)
_PERSON: Final = select(reviewer).where(reviewer.c.id == bindparam("reviewer")).with_for_update()
WORKLOAD: Final = select(
    select(func.count()).select_from(claim).where(*_THEIRS, ~OFFERED).scalar_subquery().label("claimed"),
    exists(literal(1)).where(*_THEIRS, OFFERED).label("offered"),
    exists(RUN_OUT).label("run_out"),
)
"""How many cases a reviewer has claimed, whether they are offered one (which does not count as claimed before it is taken up), and
whether anybody's claim has run out."""

_FROZEN: Final = ("version", "queue", "due_at", "target_at", "due_rule")


def as_claimed(*names: str) -> list[ColumnElement[Any]]:
    """Columns of the submission (default: all) as the claim's page shows them, for a query that joins the claim and its check.

    A blind look shows the case in review, at the version and in the queue of the first look.
    """
    return [_as_claimed(name).label(name) for name in names or submission.c.keys()]


def _as_claimed(name: str) -> ColumnElement[Any]:
    own: ColumnElement[Any] = submission.c[name]
    if name == "state":
        return case((ON_MEMBERS_CASES, own), else_=State.IN_REVIEW.value)
    return func.coalesce(check.c[name], own) if name in _FROZEN else own


def mine(claim_id: UUID, token: UUID, reviewer_id: str) -> tuple[ColumnElement[bool], ...]:
    """The claim of that id, where the token proves that it is this reviewer's."""
    return claim.c.id == claim_id, claim.c.token == token, claim.c.reviewer_id == reviewer_id


def live_claim(connection: Connection, claim_id: UUID, *, reviewer_id: str) -> Row[Any]:
    """A reviewer's live claim on a case that they may still have. Raises ClaimExpired, Forbidden, NotFound."""
    theirs = (claim.c.id == claim_id, claim.c.reviewer_id == reviewer_id)
    row = connection.execute(
        select(claim, *TIES)
        .join(submission, submission.c.id == claim.c.submission_id)
        .join(reviewer, reviewer.c.id == claim.c.reviewer_id)
        .where(*theirs, LIVE)
    ).one_or_none()
    if row is None:
        refuse_claim(connection, claim_id, reviewer_id)
    require_may_have(ties_of(row))
    return row


def case_of_claim(connection: Connection, claim_id: UUID, reviewer_id: str, *, lock: bool = False) -> Row[Any]:
    """The submission of a reviewer's claim as its page shows it, with the reviewer's roles. Raises Forbidden, NotFound.

    Where the claim has ended, the caller finds that out when it ends or looks at the claim.
    """
    query: Select[Any] = (
        select(*as_claimed(), claim.c.check_id, reviewer.c.roles, *TIES, LIVE.label("live"))
        .select_from(submission)
        .join(claim, claim.c.submission_id == submission.c.id)
        .outerjoin(check, check.c.id == claim.c.check_id)
        .join(reviewer, reviewer.c.id == claim.c.reviewer_id)
        .where(claim.c.id == claim_id, claim.c.reviewer_id == reviewer_id)
    )
    row = connection.execute(query.with_for_update(of=submission) if lock else query).one_or_none()
    if row is None:
        refuse_claim(connection, claim_id, reviewer_id)
    if row.live or row.related:
        require_may_have(ties_of(row))
    return row


def allowed_for(connection: Connection, subject: Row[Any]) -> tuple[Action, ...]:
    """What the reviewer of a case, loaded with their roles, may do with it."""
    files = exists(literal(1)).where(material.c.submission_id == subject.id, material.c.upload_key.is_not(None))
    has_files = connection.execute(select(files)).scalar_one()
    return allowed_actions(subject.roles, queue=subject.queue, has_files=bool(has_files))


def allowed_with(subject: Row[Any], materials: Sequence[Any]) -> tuple[Action, ...]:
    """The same where the case's materials were loaded already, with their `upload_key`."""
    has_files = any(each.upload_key is not None for each in materials)
    return allowed_actions(subject.roles, queue=subject.queue, has_files=has_files)


def require_open(connection: Connection, subject: Row[Any]) -> None:
    """Raises ClaimExpired where the case was closed while its reviewer looked at it."""
    if subject.state != State.IN_REVIEW:
        outcome = outcome_of(connection, subject.id)
        raise ClaimExpired(f"{in_words(outcome)} Claim the next case.", became=outcome.model_dump(mode="json"))


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


def hold_person(connection: Connection, reviewer_id: str) -> None:
    """From here on nobody disables this person before the transaction ends, and who did so has committed.

    Whoever gives a case to a person calls this first: people are locked before submissions. Then disabling either comes before, and is
    seen, or after, and takes the case away again.
    """
    connection.execute(select(reviewer.c.id).where(reviewer.c.id == reviewer_id).with_for_update(read=True))


def reviewer_below_cap(connection: Connection, reviewer_id: str, policy: Policy) -> Row[Any]:
    """The reviewer's row, locked, of somebody who may have one more case. Raises ClaimCapReached, Forbidden, NotFound."""
    person = locked_reviewer(connection, reviewer_id)
    workload = connection.execute(WORKLOAD, {"reviewer": reviewer_id}).one()
    require_below_cap(workload.claimed, policy)
    return person


def require_below_cap(claimed: int, policy: Policy) -> None:
    """Raises ClaimCapReached."""
    if claimed >= policy.review.claims_per_reviewer:
        raise ClaimCapReached(
            f"You hold {claimed} cases, which is as many as one person may. Decide or release one first."
        )


def refuse_claim(connection: Connection, claim_id: UUID, reviewer_id: str) -> NoReturn:
    """Raises NotFound where the claim never was this reviewer's or is of a member with whom they have to do.

    Else ClaimExpired with the outcome of its case.
    """
    row = connection.execute(
        select(claim)
        .join(submission, submission.c.id == claim.c.submission_id)
        .join(reviewer, reviewer.c.id == claim.c.reviewer_id)
        .where(claim.c.id == claim_id, claim.c.reviewer_id == reviewer_id, ~is_related())
    ).one_or_none()
    if row is None:
        raise NotFound("You hold no such claim. Claim the next case.")
    outcome = outcome_of_claim(connection, row)
    ended = row.state.replace("_", " ")
    message = f"The claim has ended ({ended}). {in_words(outcome)} Claim the next case."
    if row.state == "live" and outcome.state == State.IN_REVIEW.value:
        message = "The claim's time ran out, or its token or fence is another one. Claim the next case."
    raise ClaimExpired(message, became=outcome.model_dump(mode="json"))
