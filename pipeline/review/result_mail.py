"""What the mail of a reviewer's decision may say: as it will be frozen, and as it can be looked at before."""

from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection, Row

from pipeline.chances import chances_left
from pipeline.mails import ResultMail
from pipeline.policy import Policy
from schemas.decisions import DecisionRequest

_OUTCOMES: Final = {"approve": "approved", "reject": "rejected"}


def result_mail(
    connection: Connection, cause_id: UUID, command: DecisionRequest, subject: Row[Any], policy: Policy
) -> ResultMail:
    """The mail of this decision on a submission, which holds the chance that a rejection spends."""
    outcome = _OUTCOMES.get(command.verdict)
    return ResultMail(
        cause_id=cause_id,
        template=f"{subject.kind}_{outcome}" if outcome else command.verdict,
        submission_id=subject.id,
        member_id=subject.member_id,
        stage=subject.stage,
        chances_left=_chances_left(connection, subject, policy),
        chance=subject.chance,
        message=command.message,
        sentences=tuple(policy.sentence(code, kind=subject.kind) for code in command.reasons),
    )


def _chances_left(connection: Connection, subject: Row[Any], policy: Policy) -> int | None:
    """How many chances remain for this method and stage (DOMAIN §7.3); None for an avatar, which has no such limit."""
    if subject.kind == "avatar":
        return None
    mine = {"member_id": subject.member_id, "method": subject.method, "stage": subject.stage}
    return chances_left(connection, **mine, limit=policy.attempts.per_method)
