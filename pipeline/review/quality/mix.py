"""Mix blind cases in: now and then a reviewer is given one in place of the next case, and cannot tell.

Never where nothing else waits for them: a case from an empty queue would give itself away. And never to somebody who knows, or could
know, what became of it: who had to do with the case before, or has seen a later case of the same member, whose page tells of it.
"""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from sqlalchemy import Connection, func, select
from sqlalchemy.dialects.postgresql import insert

from pipeline.ids import new_id
from pipeline.policy import Policy
from pipeline.quality_policy import Quality
from pipeline.review.grant import grant
from pipeline.review.quality.choice import knows, marked, sampled
from pipeline.review.quality.rules import Turn, turn_of
from pipeline.review.quality.tables import check
from pipeline.review.quality.youth import make_young
from pipeline.review.tables import reviewer
from pipeline.review.waiting import Seeker, form_of, parameters
from pipeline.tables import decision, submission
from schemas.claims import Claim


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
        .where(knows(reviewer.c.id))
    )
    return connection.execute(query).scalars().all()


def _sampled(connection: Connection, seeker: Seeker, quality: Quality) -> UUID | None:
    keep = {"keep": timedelta(days=quality.keep_days)}
    return connection.execute(sampled(**form_of(seeker)), {**parameters(seeker), **keep}).scalar_one_or_none()


def _golden(connection: Connection, seeker: Seeker) -> UUID | None:
    """The check of a golden case; one that they gave back is theirs still."""
    row = connection.execute(marked(**form_of(seeker)), parameters(seeker)).one_or_none()
    if row is None or row.check_id is not None:
        return row.check_id if row else None
    same = {name: getattr(row, name) for name in ("submission_id", "decision_id", "version", "queue")}
    offered = {"id": new_id(), "kind": Turn.GOLDEN, "golden_id": row.id, "reviewer_id": seeker.reviewer_id, **same}
    made = insert(check).values(**offered, opens_at=func.now()).on_conflict_do_nothing().returning(check.c.id)
    return connection.execute(made).scalar_one_or_none()
