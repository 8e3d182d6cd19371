"""Mix blind cases in: now and then a reviewer is given one in place of the next case, and cannot tell.

Never where nothing else waits for them: a case from an empty queue would give itself away. And never to somebody who knows, or could
know, what became of it: who had to do with the case before, or has seen a later case of the same member, whose page tells of it.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, and_, exists, func, or_, select
from sqlalchemy.dialects.postgresql import insert

from pipeline.database import constant
from pipeline.ids import new_id
from pipeline.policy import Policy
from pipeline.quality_policy import Quality
from pipeline.review.grant import grant
from pipeline.review.quality.rules import Turn, turn_of
from pipeline.review.quality.tables import check, golden
from pipeline.review.quality.youth import make_young
from pipeline.review.tables import claim, reviewer
from pipeline.review.waiting import Seeker, suits
from pipeline.tables import STANDING, decision, submission
from schemas.review import Claim

_SEEN: Final = submission.alias("seen")


def blind_claim(connection: Connection, seeker: Seeker, *, claim_id: UUID, policy: Policy) -> Claim | None:
    """A claim on a blind case, if it is the turn of one and there is one for this reviewer. Only where others wait for them."""
    turn = turn_of(claim_id, policy.quality)
    if turn is None:
        return None
    found = _sampled(connection, seeker, policy.quality) if turn is Turn.SAMPLE else _golden(connection, seeker)
    if found is None:
        return None
    submission_id = make_young(connection, found, seeker.reviewer_id, policy.clock)
    return grant(
        connection, submission_id, reviewer_id=seeker.reviewer_id, policy=policy, check_id=found, claim_id=claim_id
    )


def who_know(connection: Connection, check_id: UUID | None) -> Sequence[str]:
    """Who must not be given this blind case, since they know or could know what became of it; nobody of a member's case."""
    if check_id is None:
        return ()
    query = (
        select(reviewer.c.id)
        .join(check, check.c.id == check_id)
        .join(submission, submission.c.id == check.c.submission_id)
        .join(decision, decision.c.id == check.c.decision_id)
        .where(_knows(reviewer.c.id))
    )
    return connection.execute(query).scalars().all()


def _sampled(connection: Connection, seeker: Seeker, quality: Quality) -> UUID | None:
    """The sampled case that has waited longest."""
    now = func.now()
    opened = (check.c.opens_at <= now, check.c.opens_at > now - timedelta(days=quality.keep_days))
    final = (STANDING, decision.c.effects_at <= now)
    query = (
        select(check.c.id)
        .join(submission, submission.c.id == check.c.submission_id)
        .join(decision, decision.c.id == check.c.decision_id)
        .where(check.c.kind == constant(Turn.SAMPLE), check.c.answered_at.is_(None), *opened, *final)
        .where(check.c.queue.in_(seeker.queues), *_for(seeker))
        .order_by(check.c.opens_at, check.c.id)
        .limit(1)
    )
    found = connection.execute(query.with_for_update(skip_locked=True, of=check), _values(seeker))
    return found.scalar_one_or_none()


def _golden(connection: Connection, seeker: Seeker) -> UUID | None:
    """A golden case that this reviewer has not had; one that they gave back is theirs still."""
    mine = and_(check.c.golden_id == golden.c.id, check.c.reviewer_id == seeker.reviewer_id)
    query = (
        select(golden, check.c.id.label("check_id"))
        .join(submission, submission.c.id == golden.c.submission_id)
        .join(decision, decision.c.id == golden.c.decision_id)
        .outerjoin(check, mine)
        .where(golden.c.retired_at.is_(None), check.c.answered_at.is_(None), golden.c.queue.in_(seeker.queues))
        .where(*_for(seeker))
        .order_by(golden.c.id)
        .limit(1)
    )
    row = connection.execute(query, _values(seeker)).one_or_none()
    if row is None or row.check_id is not None:
        return row.check_id if row else None
    same = {name: getattr(row, name) for name in ("submission_id", "decision_id", "version", "queue")}
    offered = {"id": new_id(), "kind": Turn.GOLDEN, "golden_id": row.id, "reviewer_id": seeker.reviewer_id, **same}
    made = insert(check).values(**offered, opens_at=func.now()).on_conflict_do_nothing().returning(check.c.id)
    return connection.execute(made).scalar_one_or_none()


def _for(seeker: Seeker) -> list[ColumnElement[bool]]:
    held = exists().where(claim.c.check_id == check.c.id, claim.c.state == constant("live")).correlate(check)
    read = [submission.c.language.in_(seeker.languages)] if seeker.languages else []
    kinds = [submission.c.kind.in_(seeker.kinds)] if seeker.kinds else []
    return [*suits(), *read, *kinds, ~held, ~_knows(seeker.reviewer_id)]


def _values(seeker: Seeker) -> dict[str, object]:
    return {"reviewer": seeker.reviewer_id, "related": list(seeker.related)}


def _knows(reviewer_id: str | ColumnElement[str]) -> ColumnElement[bool]:
    """Whether the reviewer had this very case, other than by this blind look, or any case of its member since the decision."""
    had = (claim.c.submission_id == _SEEN.c.id, claim.c.reviewer_id == reviewer_id)
    telling = or_(_SEEN.c.id == submission.c.id, claim.c.claimed_at >= decision.c.decided_at)
    other = or_(claim.c.check_id.is_(None), claim.c.check_id.is_distinct_from(check.c.id))
    same_member = _SEEN.c.member_id == submission.c.member_id
    return exists().where(*had, same_member, telling, other).correlate(submission, decision, check, reviewer)
