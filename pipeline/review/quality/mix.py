"""Mix blind cases in: now and then a reviewer is given one in place of the next case, and cannot tell.

Never where nothing else waits for them: a case from an empty queue would give itself away. And never to somebody who knows, or could
know, what became of it: who had to do with the case before, or has seen a later case of the same member, whose page tells of it.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Select, and_, exists, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from pipeline.ids import new_id
from pipeline.policy import Policy
from pipeline.quality_policy import Quality
from pipeline.review.grant import grant
from pipeline.review.quality.rules import Turn, turn_of
from pipeline.review.quality.tables import check, golden
from pipeline.review.tables import claim
from pipeline.tables import STANDING, decision, submission
from schemas.review import Claim

_SEEN = submission.alias("seen")


def blind_claim(
    connection: Connection,
    waiting: Select[Any],
    suits: Sequence[ColumnElement[bool]],
    *,
    claim_id: UUID,
    reviewer_id: str,
    policy: Policy,
) -> Claim | None:
    """A claim on a blind case, if it is the turn of one and there is one for this reviewer.

    `waiting` selects the members' cases that wait for them; `suits` says of a submission whether they may have it.
    """
    turn = turn_of(claim_id, policy.quality)
    if turn is None or connection.execute(waiting).first() is None:
        return None
    find = _sampled if turn is Turn.SAMPLE else _golden
    found = find(connection, suits, reviewer_id, policy.quality)
    if found is None:
        return None
    _begin(connection, found, reviewer_id)
    chosen = select(check.c.submission_id).where(check.c.id == found)
    submission_id = connection.execute(chosen).scalar_one()
    return grant(connection, submission_id, reviewer_id=reviewer_id, policy=policy, check_id=found, claim_id=claim_id)


def _sampled(
    connection: Connection, suits: Sequence[ColumnElement[bool]], reviewer_id: str, quality: Quality
) -> UUID | None:
    """The sampled case that has waited longest."""
    opened = (check.c.opens_at <= func.now(), check.c.opens_at > func.now() - timedelta(days=quality.keep_days))
    query = (
        select(check.c.id)
        .join(submission, submission.c.id == check.c.submission_id)
        .join(decision, decision.c.id == check.c.decision_id)
        .where(check.c.kind == Turn.SAMPLE, check.c.answered_at.is_(None), *opened, STANDING, *suits)
        .where(~_held(), ~_knows(reviewer_id))
        .order_by(check.c.opens_at, check.c.id)
        .limit(1)
    )
    return connection.execute(query.with_for_update(skip_locked=True, of=check)).scalar_one_or_none()


def _golden(
    connection: Connection, suits: Sequence[ColumnElement[bool]], reviewer_id: str, _quality: Quality
) -> UUID | None:
    """A golden case that this reviewer has not had; one that they gave back is theirs still."""
    mine = and_(check.c.golden_id == golden.c.id, check.c.reviewer_id == reviewer_id)
    query = (
        select(golden, check.c.id.label("check_id"))
        .join(submission, submission.c.id == golden.c.submission_id)
        .join(decision, decision.c.id == golden.c.decision_id)
        .outerjoin(check, mine)
        .where(golden.c.retired_at.is_(None), check.c.answered_at.is_(None), *suits)
        .where(~_held(), ~_knows(reviewer_id))
        .order_by(golden.c.id)
        .limit(1)
    )
    row = connection.execute(query).one_or_none()
    if row is None or row.check_id is not None:
        return row.check_id if row else None
    values = {name: row._mapping[name] for name in ("submission_id", "decision_id", "version", "queue")}  # noqa: SLF001  (SQLAlchemy's public name)
    offered = {"id": new_id(), "kind": Turn.GOLDEN, "golden_id": row.id, "reviewer_id": reviewer_id, **values}
    made = insert(check).values(**offered, opens_at=func.now()).on_conflict_do_nothing().returning(check.c.id)
    return connection.execute(made).scalar_one_or_none()


def _held() -> ColumnElement[bool]:
    return exists().where(claim.c.check_id == check.c.id, claim.c.state == "live").correlate(check)


def _knows(reviewer_id: str) -> ColumnElement[bool]:
    """Whether the reviewer had this very case, other than by this blind look, or any case of its member since the decision."""
    had = claim.c.submission_id == _SEEN.c.id, claim.c.reviewer_id == reviewer_id
    telling = or_(_SEEN.c.id == submission.c.id, claim.c.claimed_at >= decision.c.decided_at)
    other = or_(claim.c.check_id.is_(None), claim.c.check_id.is_distinct_from(check.c.id))
    same_member = _SEEN.c.member_id == submission.c.member_id
    return exists().where(*had, same_member, telling, other).correlate(submission, decision, check)


def _begin(connection: Connection, check_id: UUID, reviewer_id: str) -> None:
    """Let the case be as old for this reviewer as it was for the first, so that it is due when a case like it would be."""
    age = (
        select(claim.c.claimed_at - submission.c.accepted_at)
        .join(submission, submission.c.id == claim.c.submission_id)
        .join(decision, decision.c.claim_id == claim.c.id)
        .where(decision.c.id == check.c.decision_id)
        .correlate(check)
        .scalar_subquery()
    )
    fresh = or_(check.c.as_if_accepted_at.is_(None), check.c.reviewer_id.is_distinct_from(reviewer_id))
    connection.execute(
        update(check)
        .where(check.c.id == check_id, fresh)
        .values(reviewer_id=reviewer_id, as_if_accepted_at=func.now() - age)
    )
