from uuid import UUID

from pipeline.kernel.errors import Invalid, Problem
from pipeline.kernel.ids import new_id
from pipeline.review.claims.context import ReviewContext
from pipeline.review.claims.lookup import case_of_claim, live_claim
from pipeline.review.decisions.decide import judgement_of
from pipeline.submission.accepted_policy import policy_of
from pipeline.submission.decisions import Person, result_mail
from schemas.decisions import DecisionRequest, MailPreview


def preview_result_mail(
    claim_id: UUID, command: DecisionRequest, *, reviewer_id: str, context: ReviewContext
) -> MailPreview:
    """The mail of this decision on a case that the reviewer has claimed. Raises ClaimExpired, NotFound, Invalid."""
    if command.verdict != "approve" and not (command.reasons or command.message):
        raise Invalid([Problem("reasons", "missing_reason", "Choose a reason first: the mail depends on it.")])
    judgement = judgement_of(command, Person(reviewer_id, claim_id))
    with context.db.read() as connection:
        live_claim(connection, claim_id, reviewer_id=reviewer_id)
        case = case_of_claim(connection, claim_id, reviewer_id)
        policy = policy_of(connection, case.policy_version, present=context.policy)
        mail = result_mail(connection, new_id(), case, judgement, policy)
        words = context.preview_mail(connection, mail)
    return MailPreview(
        to=case.member["email"],
        language=case.member.get("locale", "en"),
        subject=words.subject,
        text=words.text,
        html=words.html,
    )
