from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, Row, func, select

from pipeline.events.inbound import inbound_event
from pipeline.kernel.database import Database
from pipeline.membership.level import stages_of
from pipeline.membership.rules.levels import level_of
from pipeline.membership.rules.spend import NOTHING
from pipeline.membership.spend import spent_by
from pipeline.membership.tables import correction, level_change
from pipeline.policy import Policy
from pipeline.policy.ladder import Stage
from pipeline.submission.chances import NONE_TAKEN, Taken, chances_used
from pipeline.submission.lifecycle import OPEN
from pipeline.submission.queries import due_view
from pipeline.submission.tables import business_email, decision, submission
from schemas.members import (
    LadderView,
    LevelChange,
    MembershipView,
    MethodOffer,
    MethodView,
    Money,
    RungView,
    SpendToGo,
    StageView,
    UnderReview,
)

VERIFICATION = "verification"


@dataclass(frozen=True, slots=True)
class Standing:
    """One member's unlocked stages with their times, chances taken by stage and method, open submissions, and spend."""

    unlocked: Mapping[str, datetime]
    used: Mapping[tuple[str, str], Taken]
    open: Sequence[Row[Any]]
    spent: Decimal


def ladder_of(policy: Policy) -> LadderView:
    """The ladder of the policy."""
    below = (None, *policy.ladder)
    stages = tuple(_rung_view(rung, under, policy) for rung, under in zip(policy.ladder, below, strict=False))
    return LadderView(stages=stages, identities=tuple(policy.identities))


def membership_of(member_id: str, *, db: Database, policy: Policy) -> MembershipView:
    """A member's level, benefits, stages and history; an unknown member is on the lowest rung."""
    with db.read() as connection:
        standing = _standing(connection, member_id)
        history = _history(connection, member_id)
    level = level_of(standing.unlocked, policy)
    return MembershipView(
        member_id=member_id,
        level=level.stage,
        rank=policy.rank(level.stage),
        benefits=level.benefits,
        spent=_money(standing.spent, policy),
        stages=tuple(_stage_view(rung, standing, policy) for rung in policy.ladder),
        history=history,
    )


def _history(connection: Connection, member_id: str) -> tuple[LevelChange, ...]:
    """Every change of the level with the decision, event or correction that caused it, the earliest first."""
    superseded = decision.alias("superseded")
    rows = connection.execute(
        select(
            level_change,
            level_change.c.cause_id.label("cause"),
            func.coalesce(decision.c.submission_id, superseded.c.submission_id).label("submission_id"),
            inbound_event.c.source,
            inbound_event.c.id.label("source_id"),
        )
        .outerjoin(decision, decision.c.id == level_change.c.cause_id)
        .outerjoin(inbound_event, inbound_event.c.event_id == level_change.c.cause_id)
        .outerjoin(correction, correction.c.id == level_change.c.cause_id)
        .outerjoin(superseded, superseded.c.id == correction.c.supersedes)
        .where(level_change.c.member_id == member_id)
        .order_by(level_change.c.version)
    )
    return tuple(LevelChange.model_validate(row, from_attributes=True) for row in rows)


def _standing(connection: Connection, member_id: str) -> Standing:
    under_review = connection.execute(
        select(submission, business_email.c.code_expires_at)
        .outerjoin(business_email, business_email.c.submission_id == submission.c.id)
        .where(
            submission.c.member_id == member_id,
            submission.c.kind == VERIFICATION,
            submission.c.state.in_(OPEN),
        )
        .order_by(submission.c.due_at)
    ).all()
    return Standing(
        stages_of(connection, member_id),
        chances_used(connection, member_id=member_id),
        under_review,
        spent_by(connection, member_id),
    )


def _rung_view(rung: Stage, under: Stage | None, policy: Policy) -> RungView:
    known = under.benefits if under else ()
    return RungView(
        stage=rung.stage,
        title=rung.title,
        rank=policy.rank(rung.stage),
        unlocked_by=rung.unlocked_by,
        spend=_money(rung.spend, policy) if rung.spend is not None else None,
        benefits=rung.benefits,
        new_benefits=tuple(benefit for benefit in rung.benefits if benefit not in known),
        methods=_offers(rung, policy),
    )


def _to_go(rung: Stage, spent: Decimal, policy: Policy) -> SpendToGo | None:
    if rung.spend is None:
        return None
    return SpendToGo(needed=_money(rung.spend, policy), missing=_money(max(NOTHING, rung.spend - spent), policy))


def _money(amount: Decimal, policy: Policy) -> Money:
    return Money(amount=amount.quantize(NOTHING), currency=policy.spend.base_currency)


def _offers(rung: Stage, policy: Policy) -> tuple[MethodOffer, ...]:
    """The methods that unlock a rung; none where it is not unlocked by verification."""
    if VERIFICATION not in rung.unlocked_by:
        return ()
    chances = policy.attempts.per_method
    return tuple(MethodOffer(method=name, title=title, chances=chances) for name, title in policy.methods.items())


def _stage_view(rung: Stage, standing: Standing, policy: Policy) -> StageView:
    unlocked = rung.stage in standing.unlocked or rung is policy.ladder[0]
    methods = tuple(
        _method_view(offer, taken=standing.used.get((rung.stage, offer.method), NONE_TAKEN), unlocked=unlocked)
        for offer in _offers(rung, policy)
    )
    return StageView(
        stage=rung.stage,
        title=rung.title,
        rank=policy.rank(rung.stage),
        unlocked=unlocked,
        unlocked_at=standing.unlocked.get(rung.stage),
        unlocked_by=rung.unlocked_by,
        spend=_to_go(rung, standing.spent, policy),
        benefits=rung.benefits,
        next=not unlocked and policy.rank(rung.stage) > policy.rank(level_of(standing.unlocked, policy).stage),
        methods=methods,
        chances_left={each.method: each.chances_left for each in methods},
        under_review=tuple(_under_review(row) for row in standing.open if row.stage == rung.stage),
    )


def _method_view(offer: MethodOffer, *, taken: Taken, unlocked: bool) -> MethodView:
    left = taken.left_of(offer.chances)
    closed = "unlocked" if unlocked else None if left else "no_chances_left"
    return MethodView(
        **offer.model_dump(),
        chances_left=left,
        chances_spent=taken.spent,
        chances_pending=taken.pending,
        open=closed is None,
        closed_because=closed,
    )


def _under_review(row: Row[Any]) -> UnderReview:
    return UnderReview(
        submission_id=row.id,
        method=row.method,
        identity=row.identity,
        state=row.state,
        chance=row.chance,
        accepted_at=row.accepted_at,
        due=due_view(row),
        code_expires_at=row.code_expires_at,
    )
