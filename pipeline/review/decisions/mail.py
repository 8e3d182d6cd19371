"""What the mail of a reviewer's decision may say: as it will be frozen, and as it can be looked at before."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row

from pipeline.kernel.database import Database
from pipeline.kernel.errors import Invalid, Problem
from pipeline.kernel.ids import new_id
from pipeline.policy import Policy
from pipeline.policy.mail_templates import template_of_decision
from pipeline.review.claims.lookup import case_of_claim
from pipeline.submission.chances import chances_left
from pipeline.submission.mail_contract import SubmissionMail
from schemas.decisions import DecisionRequest, MailPreview


def result_mail(
    connection: Connection, cause_id: UUID, command: DecisionRequest, subject: Row[Any], policy: Policy
) -> SubmissionMail:
    """The mail of this decision on a submission, which holds the chance that a rejection spends."""
    return SubmissionMail(
        cause_id=cause_id,
        template=template_of_decision(kind=subject.kind, verdict=command.verdict),
        submission_id=subject.id,
        member_id=subject.member_id,
        stage=subject.stage,
        chances_left=_chances_left(connection, subject, policy),
        chance=subject.chance,
        message=command.message,
        sentences=tuple(policy.sentence(code, kind=subject.kind, verdict=command.verdict) for code in command.reasons),
    )


def _chances_left(connection: Connection, subject: Row[Any], policy: Policy) -> int | None:
    """How many chances remain for this method and stage (DOMAIN §7.3); None for an avatar, which has no such limit."""
    if subject.kind == "avatar":
        return None
    mine = {"member_id": subject.member_id, "method": subject.method, "stage": subject.stage}
    return chances_left(connection, **mine, limit=policy.attempts.per_method)


PreviewMail = Callable[[Connection, SubmissionMail], Any]
"""The mail in words (`subject`, `text`, `html`) as it would be frozen."""


def mail_of(
    claim_id: UUID, command: DecisionRequest, *, reviewer_id: str, db: Database, policy: Policy, preview: PreviewMail
) -> MailPreview:
    """The mail of this decision on a case that the reviewer holds. Raises ClaimExpired, NotFound, Invalid."""
    if command.verdict != "approve" and not (command.reasons or command.message):
        raise Invalid([Problem("reasons", "missing_reason", "Choose a reason first: the mail depends on it.")])
    with db.read() as connection:
        case = case_of_claim(connection, claim_id, reviewer_id)
        words = preview(connection, result_mail(connection, new_id(), command, case, policy))
    return MailPreview(
        to=case.member["email"],
        language=case.member.get("locale", "en"),
        subject=words.subject,
        text=words.text,
        html=words.html,
    )
