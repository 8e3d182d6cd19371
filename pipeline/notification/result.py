"""A result mail as it reads: its template, and what that is told."""

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import Connection, Row

from pipeline.kernel.translatable import msgid
from pipeline.notification.reader import reader_of
from pipeline.notification.render import Rendered, render
from pipeline.notification.sender import Sender
from pipeline.policy import Policy
from pipeline.submission.chances import chances_used
from pipeline.submission.mail_contract import ResultMail

USED_UP: Final = "chances_used_up"
_EXPIRED: Final = "verification_expired"
_FAILURES: Final = frozenset({"verification_rejected", _EXPIRED})
_BY_ORDERS: Final = msgid("Orders of the amount that the stage asks for")


def template_of(result: ResultMail) -> str:
    """The template that tells the result: the failure that used up the last chance has one of its own."""
    return USED_UP if result.template in _FAILURES and result.chances_left == 0 else result.template


def rendered(
    connection: Connection, result: ResultMail, subject: Row[Any], *, sender: Sender, policy: Policy
) -> Rendered:
    """The mail of a result, in the member's language. `subject` is the row of its submission."""
    reader = reader_of(subject.member.get("locale", "en"), subject.member.get("timezone"))
    stage = policy.stage(result.stage) if result.stage else None
    values = {
        "name": subject.member["name"],
        "service": sender.name,
        "member_centre_url": sender.member_centre_url,
        "kind": subject.kind,
        "stage": stage,
        "benefits": policy.benefit_titles(stage.benefits) if stage else (),
        "sentences": result.sentences,
        "message": result.message,
        "chances_left": result.chances_left,
        "chance": result.chance,
        "expired": result.template == _EXPIRED,
    }
    template = template_of(result)
    if template == USED_UP:
        values["other_ways"] = _other_ways(connection, result, policy)
    return render(template, values, reader=reader)


def _other_ways(connection: Connection, result: ResultMail, policy: Policy) -> Sequence[str]:
    """The titles of what still leads to the stage: methods with chances left, and orders."""
    used = chances_used(connection, member_id=result.member_id)
    limit = policy.attempts.per_method
    stage = policy.stage(result.stage) if result.stage else None
    methods = [title for method, title in policy.methods.items() if used.get((str(result.stage), method), 0) < limit]
    return [*methods, *([_BY_ORDERS] if stage and "spend" in stage.unlocked_by else [])]
