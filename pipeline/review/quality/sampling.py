from collections.abc import Sequence
from datetime import timedelta
from functools import cache
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Connection,
    Interval,
    Row,
    Select,
    Text,
    and_,
    any_,
    bindparam,
    exists,
    func,
    or_,
    select,
)
from sqlalchemy.dialects.postgresql import insert

from pipeline.access.staff.tables import reviewer
from pipeline.kernel.database import constant
from pipeline.kernel.ids import new_id
from pipeline.policy import Policy
from pipeline.policy.quality import Quality
from pipeline.review.claims.grant import grant
from pipeline.review.claims.next_case import ONE, ClaimQuery, suitable, texts
from pipeline.review.quality.blinding import prepare_blind_look
from pipeline.review.quality.rules.sampling import CheckKind, blind_look_for, is_sampled
from pipeline.review.tables import check, claim, golden
from pipeline.submission.tables import STANDING, decision, submission
from schemas.claims import Claim


def sample(connection: Connection, decision_id: UUID, subject: Row[Any], *, version: int, quality: Quality) -> None:
    """Put a new decision into the sample, if it belongs there. `version` is what its reviewer looked at."""
    if not is_sampled(decision_id, subject.queue, quality):
        return
    row = {
        "id": new_id(),
        "kind": CheckKind.SAMPLE,
        "submission_id": subject.id,
        "decision_id": decision_id,
        "version": version,
        "queue": subject.queue,
    }
    opens_at = func.now() + timedelta(hours=quality.after_hours)
    connection.execute(insert(check).values(**row, opens_at=opens_at))


def claim_blind(connection: Connection, query: ClaimQuery, *, claim_id: UUID, policy: Policy) -> Claim | None:
    """A claim on a blind case, if this claim is to be a blind look and there is a case for this reviewer."""
    kind = blind_look_for(claim_id, policy.quality)
    if kind is None:
        return None
    sampled = kind is CheckKind.SAMPLE
    check_id = _sampled_check(connection, query, policy.quality) if sampled else _golden_check(connection, query)
    if check_id is None:
        return None
    reviewer_id = query.reviewer_id
    submission_id = prepare_blind_look(connection, check_id, reviewer_id, policy.clock)
    return grant(
        connection, submission_id, reviewer_id=reviewer_id, policy=policy, check_id=check_id, claim_id=claim_id
    )


def excluded(connection: Connection, check_id: UUID) -> Sequence[str]:
    """The reviewers who know or could know the decision on this blind case."""
    query = (
        select(reviewer.c.id)
        .join(check, check.c.id == check_id)
        .join(submission, submission.c.id == check.c.submission_id)
        .join(decision, decision.c.id == check.c.decision_id)
        .where(_knows(reviewer.c.id))
    )
    return connection.execute(query).scalars().all()


def _sampled_check(connection: Connection, query: ClaimQuery, quality: Quality) -> UUID | None:
    keep = {"keep": timedelta(days=quality.keep_days)}
    return connection.execute(_sampled(**query.form), {**query.parameters, **keep}).scalar_one_or_none()


def _golden_check(connection: Connection, query: ClaimQuery) -> UUID | None:
    """The check of a golden case: the reviewer's former one where they gave it back, else a new one."""
    row = connection.execute(_marked(**query.form), query.parameters).one_or_none()
    if row is None or row.check_id is not None:
        return row.check_id if row else None
    same = {name: getattr(row, name) for name in ("submission_id", "decision_id", "version", "queue")}
    offered = {"id": new_id(), "kind": CheckKind.GOLDEN, "golden_id": row.id, "reviewer_id": query.reviewer_id, **same}
    made = insert(check).values(**offered, opens_at=func.now()).on_conflict_do_nothing().returning(check.c.id)
    return connection.execute(made).scalar_one_or_none()


_SEEN: Final = submission.alias("seen")
_WHO: Final = bindparam("reviewer", type_=Text)


@cache
def _sampled(*, by_language: bool, by_kind: bool) -> Select[Any]:
    """The sampled case that has waited longest, locked."""
    now = func.now()
    opened = (check.c.opens_at <= now, check.c.opens_at > now - bindparam("keep", type_=Interval))
    return (
        select(check.c.id)
        .join(submission, submission.c.id == check.c.submission_id)
        .join(decision, decision.c.id == check.c.decision_id)
        .where(check.c.kind == constant(CheckKind.SAMPLE), check.c.answered_at.is_(None), *opened)
        .where(STANDING, decision.c.effects_at <= now)
        .where(check.c.queue == any_(texts("queues")), *_theirs(by_language=by_language, by_kind=by_kind))
        .order_by(check.c.opens_at, check.c.id)
        .limit(ONE)
        .with_for_update(skip_locked=True, of=check)
    )


@cache
def _marked(*, by_language: bool, by_kind: bool) -> Select[Any]:
    """A golden case that this reviewer has not had, or has given back: then with its check."""
    mine = and_(check.c.golden_id == golden.c.id, check.c.reviewer_id == _WHO)
    offered = (golden.c.id, golden.c.submission_id, golden.c.decision_id, golden.c.version, golden.c.queue)
    return (
        select(*offered, check.c.id.label("check_id"))
        .join(submission, submission.c.id == golden.c.submission_id)
        .join(decision, decision.c.id == golden.c.decision_id)
        .outerjoin(check, mine)
        .where(golden.c.retired_at.is_(None), check.c.answered_at.is_(None))
        .where(golden.c.queue == any_(texts("queues")), *_theirs(by_language=by_language, by_kind=by_kind))
        .order_by(golden.c.id)
        .limit(ONE)
    )


def _knows(who: ColumnElement[str]) -> ColumnElement[bool]:
    """Whether the reviewer had this very case, other than by this blind look, or any case of its member since the decision."""
    had = (claim.c.submission_id == _SEEN.c.id, claim.c.reviewer_id == who)
    revealing = or_(_SEEN.c.id == submission.c.id, claim.c.claimed_at >= decision.c.decided_at)
    other = or_(claim.c.check_id.is_(None), claim.c.check_id.is_distinct_from(check.c.id))
    same_member = _SEEN.c.member_id == submission.c.member_id
    return exists().where(*had, same_member, revealing, other).correlate(submission, decision, check, reviewer)


def _theirs(*, by_language: bool, by_kind: bool) -> list[ColumnElement[bool]]:
    claimed = exists().where(claim.c.check_id == check.c.id, claim.c.state == constant("live")).correlate(check)
    read = [submission.c.language == any_(texts("languages"))] if by_language else []
    kinds = [submission.c.kind == any_(texts("kinds"))] if by_kind else []
    return [*suitable(), *read, *kinds, submission.c.erased_at.is_(None), ~claimed, ~_knows(_WHO)]
