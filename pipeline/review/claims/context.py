from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy import Connection, Row

from pipeline.kernel.database import Database
from pipeline.kernel.encryption import Sealer
from pipeline.kernel.storage import Storage
from pipeline.policy import Policy
from pipeline.policy.quality import Quality
from pipeline.review.claims.next_case import ClaimQuery
from pipeline.submission.decisions import Judgement
from pipeline.submission.mail_contract import FreezeMail, SubmissionMail, WithdrawMail
from schemas.cases import DuplicateView
from schemas.claims import Claim
from schemas.decisions import Decided

PreviewMail = Callable[[Connection, SubmissionMail], Any]
"""The mail in words (`subject`, `text`, `html`) as it would be frozen."""

DuplicatesOf = Callable[..., tuple[DuplicateView, ...]]
"""`(connection, file, *, member_id)`: files of other members that are the same or look like it."""


class BlindLooks(Protocol):
    """What claims and decisions ask of quality, and what they report to it, each in the caller's transaction.

    A blind look is a claim with a `check_id`, on a case that was decided before (docs/adr/0011).
    """

    def claim_blind(self, connection: Connection, query: ClaimQuery, *, claim_id: UUID, policy: Policy) -> Claim | None:
        """A claim on a blind case in place of the next one; None where the next one is to be claimed."""

    def excluded(self, connection: Connection, check_id: UUID) -> Sequence[str]:
        """The reviewers who must not be given this blind case."""

    def sample(
        self, connection: Connection, decision_id: UUID, subject: Row[Any], *, version: int, quality: Quality
    ) -> None:
        """Put a new decision into the sample, if it belongs there. `version` is what its reviewer looked at."""

    def record_answer(
        self, connection: Connection, judgement: Judgement, case: Row[Any], *, version: int, policy: Policy
    ) -> Decided:
        """Record what a person says of a blind case. Raises Stale."""

    def record_escalation(self, connection: Connection, claimed: Row[Any], note: str, *, policy_version: str) -> None:
        """Record that a blind case was passed on to the seniors."""

    def undo_answer(self, connection: Connection, answer_id: UUID, *, reviewer_id: str, policy: Policy) -> Claim | None:
        """A new claim on the blind case whose answer is taken back; None where this reviewer gave no such answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewContext:
    """The clients, the policy, and what other stages do for review.

    `is_unlocked(connection, member_id, stage)` tells whether the member has the stage.
    """

    db: Database
    storage: Storage
    policy: Policy
    freeze_mail: FreezeMail
    withdraw_mail: WithdrawMail
    preview_mail: PreviewMail
    duplicates_of: DuplicatesOf
    blind_looks: BlindLooks
    sealer: Sealer
    web_url: str
    is_unlocked: Callable[[Connection, str, str], bool]
