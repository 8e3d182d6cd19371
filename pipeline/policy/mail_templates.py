"""Every template of a mail, and the category of subscriptions that it belongs to (DOMAIN §6). Pure."""

from collections.abc import Mapping
from typing import Final

CATEGORIES: Final[Mapping[str, str | None]] = {
    "avatar_approved": None,
    "avatar_rejected": None,
    "better_file": None,
    "business_email_code": None,
    "chances_used_up": None,
    "email_code": None,
    "level_lowered": "membership_services",
    "level_unlocked": "membership_services",
    "points": "notifications",
    "review_delayed": "notifications",
    "submission_refused": None,
    "verification_approved": None,
    "verification_expired": None,
    "verification_rejected": None,
}
"""None: a result or a code, which is always sent, and has no List-Unsubscribe."""

SUBSCRIBABLE: Final = frozenset(filter(None, CATEGORIES.values()))
"""The categories that mails are written for; each must be one of the policy's."""
