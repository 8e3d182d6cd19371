"""The categories of mails that a member subscribes to (DOMAIN §6). A review's result is in no category and always sent."""

from collections.abc import Mapping

import structlog
from sqlalchemy import Connection, func, select
from sqlalchemy.dialects.postgresql import insert

from pipeline.account.tables import subscription
from pipeline.kernel.database import Database
from pipeline.kernel.errors import Invalid, Problem
from pipeline.kernel.rules.digests import member_digest
from pipeline.policy import Policy
from pipeline.submission import audit
from pipeline.submission.presence import require_present
from schemas.subscriptions import SubscriptionsView, SubscriptionView

log = structlog.get_logger()


def subscriptions_of(member_id: str, *, db: Database, policy: Policy) -> SubscriptionsView:
    """Every category with the member's choice, or the policy's default where there is none."""
    with db.read() as connection:
        chosen = _chosen(connection, member_id)
    views = tuple(
        SubscriptionView(category=name, title=each.title, subscribed=chosen.get(name, each.subscribed))
        for name, each in policy.subscriptions.items()
    )
    return SubscriptionsView(member_id=member_id, categories=views)


def is_subscribed(connection: Connection, member_id: str, category: str, *, policy: Policy) -> bool:
    """Whether the member gets mails of this category."""
    return _chosen(connection, member_id).get(category, policy.subscriptions[category].subscribed)


def choose(
    member_id: str, wanted: Mapping[str, bool], *, actor: str, trace: str, db: Database, policy: Policy
) -> SubscriptionsView:
    """Subscribe to categories or leave them. Raises Invalid for one that does not exist."""
    known = policy.subscriptions
    message = f"Use one of {', '.join(map(repr, known))}."
    if problems := [Problem(f"categories.{each}", "unknown_category", message) for each in wanted if each not in known]:
        raise Invalid(problems)
    with db.begin() as connection:
        require_present(connection, member_id)
        for category, subscribed in sorted(wanted.items()):  # one order for all, so that two never wait for each other
            _set(connection, member_id, category, subscribed=subscribed)
        detail = {"member": member_digest(member_id), "categories": dict(wanted)}
        audit.write(connection, "subscriptions.changed", actor=actor, correlation_id=trace, detail=detail)
    log.info("subscriptions.changed", member_id=member_id)
    return subscriptions_of(member_id, db=db, policy=policy)


def _chosen(connection: Connection, member_id: str) -> dict[str, bool]:
    rows = connection.execute(select(subscription).where(subscription.c.member_id == member_id))
    return {row.category: row.subscribed for row in rows}


def _set(connection: Connection, member_id: str, category: str, *, subscribed: bool) -> None:
    statement = insert(subscription).values(member_id=member_id, category=category, subscribed=subscribed)
    changed = {"subscribed": subscribed, "changed_at": func.now()}
    connection.execute(statement.on_conflict_do_update(index_elements=["member_id", "category"], set_=changed))
