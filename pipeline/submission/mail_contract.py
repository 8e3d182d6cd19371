"""Mails as the stages order them: the facts of a mail, and the functions by which the notification stage freezes it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection

from pipeline.kernel.translatable import Sentence, msgid
from pipeline.policy.mail_templates import MailTemplate


@dataclass(frozen=True, slots=True)
class SubmissionMail:
    """A mail about a submission: why it is sent (`cause_id`: one mail for each), its template, and what it may say.

    `chances_left` are free; `chances_pending` are held by what is still under review. One that `replaces` takes the place of the mail that was frozen for the same cause and that nobody has begun to send.
    """

    cause_id: UUID
    template: MailTemplate
    submission_id: UUID
    member_id: str
    stage: str | None = None
    chances_left: int | None = None
    chances_pending: int = 0
    chance: int | None = None
    message: str | None = None
    sentences: Sequence[str | Sentence] = field(default=())
    replaces: bool = False


FreezeMail = Callable[[Connection, SubmissionMail], Any]
"""Renders the mail and keeps it in the caller's transaction."""

WithdrawMail = Callable[[Connection, UUID], Any]
"""Takes the mail of that cause, which nobody has begun to send, back in the caller's transaction."""


@dataclass(frozen=True, slots=True)
class AddressedMail:
    """A mail that belongs to no submission: why it is sent (`cause_id`: one mail for each), to whom, and what it may say.

    `headers` are sent with it. The words of a `secret` mail are deleted once it was handed over. Times are in `timezone` (IANA), or in UTC.
    """

    cause_id: UUID
    template: MailTemplate
    member_id: str
    recipient: str
    name: str
    locale: str
    facts: Mapping[str, object]
    headers: Mapping[str, str] = field(default_factory=dict)
    secret: bool = False
    timezone: str | None = None


FreezeAddressedMail = Callable[[Connection, AddressedMail], Any]
"""Renders the mail and keeps it in the caller's transaction, which records the task that sends it."""


MailDelay = Callable[[Connection, UUID], timedelta | None]
"""How long after it was ordered the mail of that cause has left; None while it has not."""


@dataclass(frozen=True, slots=True)
class MemberMail:
    """News for a member: why a mail is sent, its template, whom it concerns, and what it may say.

    `cause_id`: one mail for each. `trace` is the correlation id of what caused it. Facts by template:

    - `level_unlocked`: `stage_title`, `new_benefits` (titles, or the policy's codes), `reason` (one of those below)
    - `level_lowered`: `from_title`, `to_title`, `lost_benefits`, `reason`
    - `review_delayed`: `kind` (avatar or verification), `stage_title` or None, `due_at` (aware)
    - `points`: `amount` (below zero where points were taken), `cause` (the entry's title), `balance`
    """

    cause_id: UUID
    template: MailTemplate
    member_id: str
    facts: Mapping[str, Any]
    trace: str


NotifyMember = Callable[[Connection, MemberMail], bool]
"""Keeps the mail in the caller's transaction and records the task that sends it. False where none is sent: the member left
its category, has no known address, or one that is suppressed."""


BY_ORDERS: Final = msgid("Your orders have reached the amount that this stage asks for.")
BY_ORDERS_OF: Final = msgid("Your orders have reached {orders}, and this stage asks for {required}.")
"""For a Sentence, with two values of Money."""

BY_VERIFICATION: Final = msgid("Your verification was approved.")
BY_CORRECTION: Final = msgid("We looked at an earlier decision again and corrected it.")
AFTER_REFUNDS: Final = msgid("After refunds, your orders no longer reach the amount that the stage asks for.")
AFTER_FORGERY: Final = msgid("Material that you sent us turned out not to be genuine.")
