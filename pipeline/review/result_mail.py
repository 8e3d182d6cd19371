"""The mail of a reviewer's decision: as it will be frozen, and as it can be looked at before there is a decision."""

from collections.abc import Callable, Sequence
from typing import Any, Final, Literal, TypeVar
from uuid import UUID

from sqlalchemy import Connection, Row, select

from pipeline.chances import chances_left
from pipeline.database import Database
from pipeline.errors import NotFound
from pipeline.mails import ResultMail
from pipeline.policy import Policy
from pipeline.tables import submission

Verdict = Literal["approve", "reject", "better_file"]
Mail = TypeVar("Mail")

_OUTCOMES: Final = {"approve": "approved", "reject": "rejected"}


def result_mail(
    connection: Connection,
    cause_id: UUID,
    subject: Row[Any],
    verdict: Verdict,
    *,
    reasons: Sequence[str],
    message: str | None,
    policy: Policy,
) -> ResultMail:
    """The mail of this verdict on a submission, which holds the chance that the verdict spends."""
    outcome = _OUTCOMES.get(verdict)
    return ResultMail(
        cause_id=cause_id,
        template=f"{subject.kind}_{outcome}" if outcome else verdict,
        submission_id=subject.id,
        member_id=subject.member_id,
        stage=subject.stage,
        chances_left=_chances_left(connection, subject, policy),
        chance=subject.chance,
        message=message,
        sentences=tuple(policy.sentence(code, kind=subject.kind) for code in reasons),
    )


def foretold(
    submission_id: UUID,
    verdict: Verdict,
    *,
    reasons: Sequence[str],
    message: str | None,
    preview: Callable[[Connection, ResultMail], Mail],
    db: Database,
    policy: Policy,
) -> Mail:
    """The mail that would go out if the submission were decided like this now; nothing is written. Raises NotFound."""
    with db.read() as connection:
        subject = connection.execute(select(submission).where(submission.c.id == submission_id)).one_or_none()
        if subject is None:
            raise NotFound(f"There is no submission {submission_id}.")
        told = result_mail(connection, submission_id, subject, verdict, reasons=reasons, message=message, policy=policy)
        return preview(connection, told)


def _chances_left(connection: Connection, subject: Row[Any], policy: Policy) -> int | None:
    """How many chances remain for this method and stage (DOMAIN §7.3); None for an avatar, which has no such limit."""
    if subject.kind == "avatar":
        return None
    mine = {"member_id": subject.member_id, "method": subject.method, "stage": subject.stage}
    return chances_left(connection, **mine, limit=policy.attempts.per_method)
