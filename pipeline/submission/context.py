from dataclasses import dataclass

from pipeline.kernel.database import Database
from pipeline.kernel.idempotency import Once
from pipeline.policy import Policy
from pipeline.submission.mail_contract import NotifyMember, WithdrawMail


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """The clients of a use case, and on whose behalf it runs.

    `actor` and `trace` (a correlation id) are kept in the audit. `request` is the idempotent request, where the caller sent a key.
    """

    db: Database
    policy: Policy
    notify_member: NotifyMember
    withdraw_mail: WithdrawMail
    actor: str
    trace: str
    request: Once | None = None
