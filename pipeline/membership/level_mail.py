"""The mail about a level that orders or a correction changed. After a verification, the result mail says it."""

from collections.abc import Mapping
from typing import Final

from sqlalchemy import Connection

from pipeline.membership.level import Cause, LevelMove
from pipeline.policy.mail_templates import MailTemplate
from pipeline.submission.mail_contract import (
    AFTER_FORGERY,
    AFTER_REFUNDS,
    BY_CORRECTION,
    BY_ORDERS,
    MemberMail,
    NotifyMember,
)

_REASONS: Final[Mapping[str, str]] = {
    "spend": BY_ORDERS,
    "mistake": BY_CORRECTION,
    "forgery": AFTER_FORGERY,
    "refund": AFTER_REFUNDS,
}


def notify_of_level(
    connection: Connection, member_id: str, move: LevelMove | None, *, cause: Cause, notify_member: NotifyMember
) -> None:
    """Mail the member the new level with the benefits gained or lost; nothing where `move` is None."""
    if move is None:
        return
    reason = _REASONS[cause.because]
    template, facts = _raised(move, reason) if move.raised else _lowered(move, reason)
    notify_member(connection, MemberMail(move.id, template, member_id, facts, trace=cause.trace))


def _raised(move: LevelMove, reason: str) -> tuple[MailTemplate, Mapping[str, object]]:
    new = [benefit for benefit in move.after.benefits if benefit not in move.before.benefits]
    return MailTemplate.LEVEL_UNLOCKED, {"stage_title": move.after.title, "new_benefits": new, "reason": reason}


def _lowered(move: LevelMove, reason: str) -> tuple[MailTemplate, Mapping[str, object]]:
    lost = [benefit for benefit in move.before.benefits if benefit not in move.after.benefits]
    return MailTemplate.LEVEL_LOWERED, {
        "from_title": move.before.title,
        "to_title": move.after.title,
        "lost_benefits": lost,
        "reason": reason,
    }
