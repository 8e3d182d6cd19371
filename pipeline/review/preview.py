"""The mail that a decision would send, exactly, before it is made. Nothing is written."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from pipeline.database import Database
from pipeline.errors import Invalid, Problem
from pipeline.ids import new_id
from pipeline.mails import ResultMail
from pipeline.policy import Policy
from pipeline.review.held import case_of_claim
from pipeline.review.result_mail import result_mail
from schemas.decisions import DecisionRequest, MailPreview

PreviewMail = Callable[[Connection, ResultMail], Any]
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
