"""Decisions whose effect has not come yet, and what a correction makes of them: the later word of a person counts."""

from collections.abc import Mapping, Sequence
from typing import Final
from uuid import UUID

from sqlalchemy import Connection, Select, func, insert, select

from pipeline.kernel.ids import new_id
from pipeline.membership.tables import correction, ground
from pipeline.policy import Policy
from pipeline.policy.mail_templates import MailTemplate
from pipeline.submission.chances import chances_of
from pipeline.submission.decisions import Decision
from pipeline.submission.mail_contract import AFTER_FORGERY, BY_CORRECTION, SubmissionMail
from pipeline.submission.tables import STANDING, decision, submission

_SENTENCES: Final[Mapping[str, str]] = {"forgery": AFTER_FORGERY, "mistake": BY_CORRECTION}


def pending_approvals(
    connection: Connection, member_id: str, stage: str, *, decision_id: UUID | None
) -> Sequence[UUID]:
    """The approvals of a stage that are no ground yet; only the one with that id, where there is an id."""
    begun = select(ground.c.id).where(ground.c.cause_id == decision.c.id, ground.c.stage == stage)
    query = _decided(member_id, stage, "approve").where(~begun.exists())
    if decision_id is not None:
        query = query.where(decision.c.id == decision_id)
    return connection.execute(query).scalars().all()


def forestall(
    connection: Connection, member_id: str, stage: str, decisions: Sequence[UUID], *, by: UUID, policy: Policy
) -> None:
    """Keep approvals from ever taking effect: each gets a ground that the correction `by` has superseded from its first moment on.

    The row of the member's membership is locked. An effect that comes afterwards finds that ground.
    """
    rows = [
        {
            "id": new_id(),
            "member_id": member_id,
            "stage": stage,
            "kind": "verification",
            "cause_id": each,
            "policy_version": policy.version,
            "superseded_by": by,
        }
        for each in decisions
    ]
    if rows:
        statement = insert(ground).values(at=func.now(), superseded_at=func.now())
        connection.execute(statement, rows)


def forestalled(connection: Connection, decision_id: UUID) -> str | None:
    """Why a decision must not take effect: what the correction that forestalled it says. None where none did."""
    query = (
        select(correction.c.because)
        .join(ground, ground.c.superseded_by == correction.c.id)
        .where(ground.c.cause_id == decision_id, ground.c.at == ground.c.superseded_at)
    )
    found: str | None = connection.execute(query).scalar_one_or_none()
    return found


def _decided(member_id: str, stage: str, verdict: str) -> Select[UUID]:
    """The decisions that stand and say this of a member's verifications for a stage."""
    of = (submission.c.member_id == member_id, submission.c.kind == "verification", submission.c.stage == stage)
    joined = select(decision.c.id).join(submission, submission.c.id == decision.c.submission_id)
    return joined.where(*of, decision.c.verdict == verdict, STANDING).order_by(decision.c.id)


def mail_of_forestalled(connection: Connection, result: Decision, because: str, policy: Policy) -> SubmissionMail:
    """The mail in place of "you are now": the verification was not approved after all, and why."""
    taken = chances_of(connection, member_id=result.member_id, method=str(result.method), stage=str(result.stage))
    return SubmissionMail(
        cause_id=result.decision_id,
        template=MailTemplate.VERIFICATION_REJECTED,
        submission_id=result.submission_id,
        member_id=result.member_id,
        stage=result.stage,
        chances_left=taken.left_of(policy.attempts.per_method),
        chances_pending=taken.pending,
        chance=result.chance,
        sentences=(_SENTENCES[because],),
        replaces=True,
    )


def mail_by_present_policy(result: Decision) -> SubmissionMail:
    """The mail of an approval once more, for a policy that has changed since: its stage may have another name, or be no more."""
    return SubmissionMail(
        cause_id=result.decision_id,
        template=MailTemplate.VERIFICATION_APPROVED,
        submission_id=result.submission_id,
        member_id=result.member_id,
        stage=result.stage,
        message=result.message,
        replaces=True,
    )
