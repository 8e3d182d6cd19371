"""Count what another service told of an order: in any order of arrival, in the transaction that heard it (DOMAIN §7)."""

from decimal import Decimal
from uuid import UUID

from sqlalchemy import Connection, func, select

from pipeline.membership.level import Cause, add_ground, locked_membership, settle
from pipeline.membership.level_mail import tell
from pipeline.membership.orders import Counted, count, keep
from pipeline.membership.rules.spend import NOTHING, reached, told_of
from pipeline.membership.spend_reviews import doubt, recover
from pipeline.membership.tables import ground, spend_order
from pipeline.policy import Policy
from pipeline.submission import audit
from pipeline.submission.mail_contract import NotifyMember
from schemas.incoming import EventRequest, SpendCounted
from schemas.members import Money


def count_order(
    connection: Connection,
    event_id: UUID,
    request: EventRequest,
    *,
    trace: str,
    policy: Policy,
    notify_member: NotifyMember,
) -> SpendCounted:
    """Count an order's event and unlock each stage that it reaches, once, in the caller's transaction.

    Raises Invalid, AnothersOrder, OrderCompletedBefore.
    """
    order_id, told = told_of(request, policy.spend)
    member_id = request.member_id
    cause = Cause(event_id, "spend", trace=trace)
    member = locked_membership(connection, member_id, policy)
    before = spent_by(connection, member_id)
    counted = count(connection, request.source, order_id, told, member_id=member_id)
    spent = before - counted.before + counted.now
    keep(connection, event_id, request.source, order_id, told, spent=spent)
    unlocked, doubtful = _follow(connection, member_id, before, spent, cause=cause, policy=policy)
    move = settle(connection, member, cause=cause, policy=policy)
    tell(connection, member_id, move, cause=cause, notify_member=notify_member)
    detail = {"member_id": member_id, "event_id": str(event_id), "order_id": order_id, "spent": str(spent)}
    audit.write(connection, "spend.counted", actor=request.source, correlation_id=trace, detail=detail)
    return _answer(order_id, counted, spent, unlocked, doubtful, policy)


def spent_by(connection: Connection, member_id: str) -> Decimal:
    """All that a member's orders come to, in the base currency."""
    mine = spend_order.c.member_id == member_id
    total: Decimal | None = connection.execute(select(func.sum(spend_order.c.counts)).where(mine)).scalar_one()
    return NOTHING if total is None else total


def _follow(
    connection: Connection, member_id: str, before: Decimal, spent: Decimal, *, cause: Cause, policy: Policy
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The stages that were reached, which are unlocked now, and those that a person is to look at."""
    rows = connection.execute(
        select(ground.c.stage, ground.c.superseded_by).where(ground.c.member_id == member_id, ground.c.kind == "spend")
    ).all()
    standing = {row.stage for row in rows if row.superseded_by is None}
    ever = {row.stage for row in rows}
    follows = reached(before, spent, standing=standing, ever=ever, policy=policy)
    for rung in follows.unlocked:
        add_ground(connection, member_id, rung.stage, "spend", cause=cause, policy=policy)
    recover(connection, member_id, spent, cause=cause)
    doubtful = follows.doubtful if policy.spend.refunds_below == "review" else ()
    for rung in doubtful:
        doubt(connection, member_id, rung, cause=cause, policy=policy)
    return tuple(rung.stage for rung in follows.unlocked), tuple(rung.stage for rung in doubtful)


def _answer(
    order_id: str,
    counted: Counted,
    spent: Decimal,
    unlocked: tuple[str, ...],
    doubtful: tuple[str, ...],
    policy: Policy,
) -> SpendCounted:
    currency = policy.spend.base_currency
    return SpendCounted(
        order_id=order_id,
        order_known=counted.known,
        order_counts=Money(amount=counted.now, currency=currency),
        spent=Money(amount=spent, currency=currency),
        unlocked=unlocked,
        under_review=doubtful,
    )
