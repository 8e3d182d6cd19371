"""Every template of a mail, and the category of subscriptions that it belongs to (DOMAIN §6). Pure."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final, Self

_SERVICES: Final = "membership_services"
_NOTIFICATIONS: Final = "notifications"


class MailTemplate(StrEnum):
    """A template by its name. A mail without a `category` is always sent and has no List-Unsubscribe: a result, or a code."""

    category: str | None

    def __new__(cls, name: str, category: str | None = None) -> Self:
        """The member of that name."""
        member = str.__new__(cls, name)
        member._value_ = name
        member.category = category
        return member

    AVATAR_APPROVED = "avatar_approved"
    AVATAR_REJECTED = "avatar_rejected"
    BETTER_FILE = "better_file"
    BUSINESS_EMAIL_CODE = "business_email_code"
    CHANCES_USED_UP = "chances_used_up"
    EMAIL_CODE = "email_code"
    LEVEL_LOWERED = "level_lowered", _SERVICES
    LEVEL_UNLOCKED = "level_unlocked", _SERVICES
    POINTS = "points", _NOTIFICATIONS
    REVIEW_DELAYED = "review_delayed", _NOTIFICATIONS
    SUBMISSION_REFUSED = "submission_refused"
    VERIFICATION_APPROVED = "verification_approved"
    VERIFICATION_EXPIRED = "verification_expired"
    VERIFICATION_REJECTED = "verification_rejected"
    VERIFICATION_WITHOUT_STAGE = "verification_without_stage"


CATEGORIES: Final = frozenset(filter(None, (template.category for template in MailTemplate)))
"""The categories that mails are written for; each must be one of the policy's."""

_OF_DECISIONS: Final[Mapping[tuple[str, str], MailTemplate]] = {
    ("avatar", "approve"): MailTemplate.AVATAR_APPROVED,
    ("avatar", "reject"): MailTemplate.AVATAR_REJECTED,
    ("avatar", "better_file"): MailTemplate.BETTER_FILE,
    ("verification", "approve"): MailTemplate.VERIFICATION_APPROVED,
    ("verification", "reject"): MailTemplate.VERIFICATION_REJECTED,
    ("verification", "better_file"): MailTemplate.BETTER_FILE,
}


def template_of_decision(*, kind: str, verdict: str) -> MailTemplate:
    """The mail that says this verdict on a submission of this kind."""
    return _OF_DECISIONS[kind, verdict]
