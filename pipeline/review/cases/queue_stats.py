"""Numbers of the queues, and the claims of one reviewer. Reading them takes the same time however many cases wait."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Row, ScalarSelect, func, select

from pipeline.access.staff.tables import reviewer
from pipeline.ownership.tables import is_live
from pipeline.policy import Policy
from pipeline.review.claims.context import ReviewContext
from pipeline.review.claims.grant import as_claim
from pipeline.review.claims.lookup import LIVE, OPEN_CASE, as_claimed
from pipeline.review.claims.ties import UNTIED
from pipeline.review.tables import OFFERED, ON_MEMBERS_CASES, check, claim
from pipeline.submission.accepted_policy import policies_of
from pipeline.submission.lifecycle import Queue, State
from pipeline.submission.tables import submission
from schemas.claims import ArrivalPace, HeldClaim, HeldClaims, OfferView, QueueLine, QueueView

_LATEST: Final = 20
COUNTED: Final = 1000
"""How far is counted: a queue of more is "1,000 or more", and to count it costs no more than that."""


def queue(*, context: ReviewContext, languages: Sequence[str] = ()) -> QueueView:
    """How many cases wait, are claimed and are overdue, by queue, and which comes first; of these languages, or of all."""
    with context.db.read() as connection:
        claimed = _claimed(connection, languages)
        rows = [_line(connection, each, claimed.get(each, 0), languages) for each in Queue]
    return QueueView(queues=tuple(line for line in rows if line.waiting or line.claimed))


def claims_of(reviewer_id: str, *, context: ReviewContext) -> HeldClaims:
    """The reviewer's live claims and what colleagues offer them, the first to run out first."""
    seen = as_claimed("kind", "stage", "queue", "due_at", "policy_version")
    query = (
        select(claim, *seen, OFFERED.label("offered"))
        .join(submission, submission.c.id == claim.c.submission_id)
        .join(reviewer, reviewer.c.id == claim.c.reviewer_id)
        .outerjoin(check, check.c.id == claim.c.check_id)
        .where(claim.c.reviewer_id == reviewer_id, LIVE, OPEN_CASE, *UNTIED)
        .order_by(claim.c.lease_until)
    )
    with context.db.read() as connection:
        rows = connection.execute(query).all()
        policies = policies_of(connection, [row.policy_version for row in rows], present=context.policy)
    return HeldClaims(claims=tuple(_claim_view(row, policies[row.policy_version]) for row in rows))


def _claim_view(row: Row[Any], policy: Policy) -> HeldClaim:
    stage = policy.stage(row.stage) if row.stage else None
    return HeldClaim(
        claim=as_claim(row),
        kind=row.kind,
        stage=row.stage,
        stage_title=stage.title if stage else row.stage,
        queue=row.queue,
        due_at=row.due_at,
        offered=row.offered,
        offer=OfferView(reviewer=row.offered_by, note=row.offer_note) if row.offered_by else None,
    )


def _claimed(connection: Connection, languages: Sequence[str]) -> dict[str, int]:
    read = [submission.c.language.in_(languages)] if languages else []
    query = (
        select(submission.c.queue, func.count().label("claimed"))
        .select_from(claim)
        .join(submission, submission.c.id == claim.c.submission_id)
        .where(LIVE, ON_MEMBERS_CASES, submission.c.state == State.IN_REVIEW, *read)
        .group_by(submission.c.queue)
    )
    return {row.queue: row.claimed for row in connection.execute(query)}


def _line(connection: Connection, name: Queue, claimed: int, languages: Sequence[str]) -> QueueLine:
    here = [submission.c.state == State.IN_REVIEW, submission.c.queue == name]
    if languages:
        here.append(submission.c.language.in_(languages))
    bound = COUNTED + claimed
    row = connection.execute(
        select(
            _count(here, bound).label("there"),
            _count([*here, submission.c.due_at < func.now()], COUNTED).label("overdue"),
            select(func.min(submission.c.due_at)).where(*here).scalar_subquery().label("due_soonest_at"),
            select(func.min(submission.c.accepted_at)).where(*here).scalar_subquery().label("oldest_at"),
        )
    ).one()
    return QueueLine(
        queue=name,
        waiting=max(0, row.there - claimed),
        claimed=claimed,
        overdue=row.overdue,
        more=row.there >= bound,
        due_soonest_at=row.due_soonest_at,
        oldest_at=row.oldest_at,
    )


def _count(conditions: Sequence[ColumnElement[bool]], bound: int) -> ScalarSelect[int]:
    some = select(submission.c.id).where(*conditions).limit(bound).subquery()
    return select(func.count()).select_from(some).scalar_subquery()


def arrival_pace(*, now: datetime, context: ReviewContext) -> ArrivalPace:
    """How many submissions are under inspection, counted up to `COUNTED`, and how often the latest ones came.

    Those of test keys are under inspection for a moment, and are counted too: so the count reads an index alone.
    """
    inspected = select(_count([submission.c.state == State.RECEIVED], COUNTED))
    latest = (
        select(submission.c.accepted_at)
        .where(is_live(submission.c.member_id))
        .order_by(submission.c.id.desc())
        .limit(_LATEST)
    )
    with context.db.read() as connection:
        under_inspection = connection.execute(inspected).scalar_one()
        arrived = connection.execute(latest).scalars().all()
    gap = (now - arrived[-1]) / len(arrived) if arrived else None
    return ArrivalPace(inspected=under_inspection, seconds_between=gap.total_seconds() if gap else None)
