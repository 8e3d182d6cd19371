"""Claims: one case is one reviewer's at a time, for as long as the lease runs on the database's clock."""

from collections.abc import Sequence
from typing import Any, Final, NoReturn
from uuid import UUID

import structlog
from sqlalchemy import ColumnElement, Connection, Row, Select, and_, exists, func, literal, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from pipeline.database import Database
from pipeline.errors import ClaimCapReached, ClaimExpired, NotFound
from pipeline.idempotency import Once, earlier_answer, remember
from pipeline.ids import new_id
from pipeline.lifecycle import State
from pipeline.policy import Policy
from pipeline.review.grant import as_claim, grant, lease_from_now, tell
from pipeline.review.quality.answers import state_to_tell
from pipeline.review.quality.mix import blind_claim
from pipeline.review.tables import ON_MEMBERS_CASES, claim, reviewer, skip
from pipeline.tables import submission
from schemas.review import Claim

log = structlog.get_logger()

LIVE: Final = and_(claim.c.state == "live", claim.c.lease_until > func.now())
_TRIES: Final = 20


def claim_next(
    *, reviewer_id: str, kinds: Sequence[str] = (), db: Database, policy: Policy, request: Once | None = None
) -> Claim | None:
    """Take the case that is due soonest; None where nothing waits for this reviewer.

    Never the reviewer's own or a related member's case, nor one that they skipped. Raises ClaimCapReached, NotFound.
    """
    with db.begin() as connection:
        if (earlier := earlier_answer(connection, request)) is not None:
            return Claim.model_validate(earlier["claim"]) if earlier["claim"] else None
        related = _related_members(connection, reviewer_id)
        _hold_cap(connection, reviewer_id, policy.review.claims_per_reviewer)
        expire_claims(connection)
        taken = _next(connection, reviewer_id, _suits(reviewer_id, related, kinds), policy)
        remember(connection, request, {"claim": taken.model_dump(mode="json") if taken else None})
    if taken is not None:
        log.info("claim.taken", submission_id=str(taken.submission_id), claim_id=str(taken.id), reviewer=reviewer_id)
    return taken


def renew(claim_id: UUID, token: UUID, *, reviewer_id: str, db: Database, policy: Policy) -> Claim:
    """Lengthen a live claim from now. Raises ClaimExpired, NotFound."""
    with db.begin() as connection:
        row = connection.execute(
            update(claim)
            .where(*_mine(claim_id, token, reviewer_id), LIVE)
            .values(lease_until=lease_from_now(policy), renewed_at=func.now())
            .returning(claim)
        ).one_or_none()
        if row is None:
            explain(connection, claim_id, reviewer_id)
        tell(connection, row, "claim.renewed")
    return as_claim(row)


def release(claim_id: UUID, token: UUID, *, reviewer_id: str, db: Database, skip_reason: str | None = None) -> None:
    """Give a case back; with a reason it is not offered to this reviewer again. Raises ClaimExpired, NotFound."""
    with db.begin() as connection:
        row = end_claim(connection, claim_id, token, reviewer_id=reviewer_id, state="released")
        if skip_reason is not None:
            values = {"submission_id": row.submission_id, "reviewer_id": reviewer_id, "reason": skip_reason}
            connection.execute(insert(skip).values(values).on_conflict_do_nothing())
        tell(connection, row, "claim.released", {"skip_reason": skip_reason} if skip_reason else None)
    log.info("claim.released", submission_id=str(row.submission_id), claim_id=str(claim_id), reviewer=reviewer_id)


def end_claim(
    connection: Connection, claim_id: UUID, token: UUID, *, reviewer_id: str, state: str, fence: int | None = None
) -> Row[Any]:
    """End a live claim in the caller's transaction. Raises ClaimExpired, NotFound."""
    fenced = [claim.c.fence == fence] if fence is not None else []
    row = connection.execute(
        update(claim)
        .where(*_mine(claim_id, token, reviewer_id), *fenced, LIVE)
        .values(state=state, ended_at=func.now())
        .returning(claim)
    ).one_or_none()
    if row is None:
        explain(connection, claim_id, reviewer_id)
    return row


def expire_claims(connection: Connection) -> int:
    """End live claims whose lease ran out or whose case is no longer in review. Returns how many."""
    closed = and_(
        ON_MEMBERS_CASES,
        exists().where(submission.c.id == claim.c.submission_id, submission.c.state != State.IN_REVIEW),
    )
    due = select(claim.c.id).where(claim.c.state == "live", or_(claim.c.lease_until <= func.now(), closed))
    ended = connection.execute(
        update(claim)
        .where(claim.c.id.in_(due.with_for_update(skip_locked=True, of=claim)), claim.c.state == "live")
        .values(state="expired", ended_at=func.now())
        .returning(claim)
    ).all()
    for row in ended:
        tell(connection, row, "claim.expired")
    return len(ended)


def sweep_claims(db: Database) -> int:
    """Put cases back whose claim ran out. Returns how many."""
    with db.begin() as connection:
        return expire_claims(connection)


def live_claim(connection: Connection, claim_id: UUID, *, reviewer_id: str) -> Row[Any]:
    """A reviewer's live claim. Raises ClaimExpired, NotFound."""
    mine = (claim.c.id == claim_id, claim.c.reviewer_id == reviewer_id)
    row = connection.execute(select(claim).where(*mine, LIVE)).one_or_none()
    if row is None:
        explain(connection, claim_id, reviewer_id)
    return row


def explain(connection: Connection, claim_id: UUID, reviewer_id: str) -> NoReturn:
    """Say why a claim cannot be used: NotFound where it never was this reviewer's, else ClaimExpired with what became of it."""
    row = connection.execute(
        select(claim, submission.c.state.label("submission_state"))
        .join(submission, submission.c.id == claim.c.submission_id)
        .where(claim.c.id == claim_id, claim.c.reviewer_id == reviewer_id)
    ).one_or_none()
    if row is None:
        raise NotFound("You hold no such claim. Claim the next case.")
    state = state_to_tell(connection, row)
    if row.state == "live" and state == State.IN_REVIEW:
        raise ClaimExpired("The claim's time ran out, or its token or fence is another one. Claim the next case.")
    raise ClaimExpired(f"The claim has ended ({row.state}); the case is {state}. Claim the next case.")


def _next(
    connection: Connection, reviewer_id: str, suits: Sequence[ColumnElement[bool]], policy: Policy
) -> Claim | None:
    """The next case; now and then a blind one in its place, chosen by the new claim's id."""
    waiting, claim_id = _waiting(suits), new_id()
    blind = blind_claim(connection, waiting, suits, claim_id=claim_id, reviewer_id=reviewer_id, policy=policy)
    return blind or _take(connection, waiting, reviewer_id, policy)


def _take(connection: Connection, waiting: Select[Any], reviewer_id: str, policy: Policy) -> Claim | None:
    """Insert a claim on the first waiting case. The unique index on live claims settles a tie; then the next one is tried."""
    for _ in range(_TRIES):
        submission_id = connection.execute(waiting).scalar_one_or_none()
        if submission_id is None:
            return None
        if (taken := grant(connection, submission_id, reviewer_id=reviewer_id, policy=policy)) is not None:
            return taken
    return None


def _suits(reviewer_id: str, related: Sequence[str], kinds: Sequence[str]) -> list[ColumnElement[bool]]:
    """What a submission must be like for this reviewer to have it."""
    skipped = exists().where(skip.c.submission_id == submission.c.id, skip.c.reviewer_id == reviewer_id)
    conditions: list[ColumnElement[bool]] = [~skipped]
    if related:
        conditions.append(submission.c.member_id.not_in(related))
    if kinds:
        conditions.append(submission.c.kind.in_(kinds))
    return conditions


def _waiting(suits: Sequence[ColumnElement[bool]]) -> Select[Any]:
    held = exists().where(claim.c.submission_id == submission.c.id, claim.c.state == "live", ON_MEMBERS_CASES)
    conditions = [submission.c.state == State.IN_REVIEW, ~held, *suits]
    query = select(submission.c.id).where(*conditions).order_by(submission.c.due_at, submission.c.id).limit(1)
    return query.with_for_update(skip_locked=True, of=submission)


def _hold_cap(connection: Connection, reviewer_id: str, cap: int) -> None:
    """The reviewer's row is locked, so that two requests at once cannot both slip under the cap."""
    connection.execute(select(literal(1)).select_from(reviewer).where(reviewer.c.id == reviewer_id).with_for_update())
    held = connection.execute(
        select(func.count()).select_from(claim).where(claim.c.reviewer_id == reviewer_id, LIVE)
    ).scalar_one()
    if held >= cap:
        raise ClaimCapReached(
            f"You hold {held} cases, which is as many as one person may. Decide or release one first."
        )


def _related_members(connection: Connection, reviewer_id: str) -> Sequence[str]:
    row = connection.execute(select(reviewer.c.related_members).where(reviewer.c.id == reviewer_id)).one_or_none()
    if row is None:
        raise NotFound(f"There is no reviewer {reviewer_id!r}. Add one with: proofdesk reviewer add {reviewer_id}")
    return [*row.related_members, reviewer_id]


def _mine(claim_id: UUID, token: UUID, reviewer_id: str) -> tuple[ColumnElement[bool], ...]:
    return claim.c.id == claim_id, claim.c.token == token, claim.c.reviewer_id == reviewer_id
