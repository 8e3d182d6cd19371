"""The code of a business address (DOMAIN §7.3): it comes back and approves, is wrong too often, or runs out."""

from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import structlog
from sqlalchemy import Connection, Row, update

from pipeline.kernel.database import Database
from pipeline.kernel.errors import Conflict
from pipeline.kernel.idempotency import Once, earlier_answer, remember
from pipeline.kernel.rules.one_time_codes import Kept, Outcome, tried
from pipeline.policy import Policy
from pipeline.policy.mail_templates import MailTemplate
from pipeline.submission import lifecycle
from pipeline.submission.chances import chances_left
from pipeline.submission.decisions import Judgement, Rule, record_decision
from pipeline.submission.evidence.rules.email_domains import domain_of
from pipeline.submission.evidence.tables import business_email
from pipeline.submission.lifecycle import State, Transition
from pipeline.submission.mail_contract import FreezeMail, SubmissionMail
from pipeline.tasks import ledger
from pipeline.tasks.ledger import Task
from pipeline.tasks.rules import SEND_MAIL
from pipeline.verification.code_delivery import locked, subject_of, waiting
from schemas.codes import CodeAnswer

log = structlog.get_logger()

RULE: Final = "business_email"
WRONG: Final = "wrong_code"
_NOT_RUNNING_YET: Final = timedelta(days=1)


class CodeOnItsWay(Conflict):
    """The code has not been sent yet. No try was spent."""

    code = "code_on_its_way"


def confirm(
    submission_id: UUID,
    given: str,
    *,
    db: Database,
    policy: Policy,
    freeze_mail: FreezeMail,
    request: Once | None = None,
) -> CodeAnswer:
    """Try a code. The right one approves; each wrong one is counted, and the last one that may be ends the submission.

    Raises NotFound, AlreadyThere or NotAllowed where it waits for no code, CodeOnItsWay, IdempotencyKeyReused.
    """
    with db.begin() as connection:
        if (earlier := earlier_answer(connection, request)) is not None:
            return CodeAnswer.model_validate(earlier)
        subject, mail = waiting(connection, submission_id)
        outcome, tries = _try(connection, mail, given, policy)
        state = _follow(connection, subject, mail, outcome, tries=tries, policy=policy, freeze_mail=freeze_mail)
        answer = CodeAnswer(
            submission_id=submission_id,
            correct=outcome is Outcome.RIGHT,
            state=state,
            tries_left=policy.codes.tries - tries if state == State.AWAITING_CODE else 0,
            chances_left=_chances_left(connection, subject, policy),
        )
        remember(connection, request, answer.model_dump(mode="json"))
    log.info("code.tried", submission_id=str(submission_id), state=state, correlation_id=subject.correlation_id)
    return answer


def expire(task: Task, *, db: Database, policy: Policy, freeze_mail: FreezeMail) -> None:
    """End a submission whose code ran out, if that code is still the one that is meant; its chance is spent."""
    submission_id = UUID(task.ref_id)
    with db.begin() as connection:
        ledger.finish(connection, task)
        mail = locked(connection, submission_id)
        subject = subject_of(connection, submission_id)
        over = mail.code_expires_at is not None and mail.code_expires_at <= mail.now
        ended = over and subject.state == State.AWAITING_CODE
        if ended:
            _expire(connection, subject, policy=policy, freeze_mail=freeze_mail)
    log.info("code.expired" if ended else "code.expiry_dropped", submission_id=str(submission_id))


def _try(connection: Connection, mail: Row[Any], given: str, policy: Policy) -> tuple[Outcome, int]:
    """What the code comes to, and how many tries are used with it; a wrong one is counted. Raises CodeOnItsWay."""
    if mail.code_hash is None:
        raise CodeOnItsWay("The code has not been sent yet. Wait for the mail; no try was used.")
    expires_at: datetime = mail.code_expires_at or mail.now + _NOT_RUNNING_YET
    outcome = tried(Kept(mail.code_hash, expires_at, mail.tries), given, now=mail.now, rules=policy.codes)
    tries = mail.tries + (outcome is not Outcome.EXPIRED)
    mine = business_email.c.submission_id == mail.submission_id
    connection.execute(update(business_email).where(mine).values(tries=tries))
    return outcome, tries


def _follow(
    connection: Connection,
    subject: Row[Any],
    mail: Row[Any],
    outcome: Outcome,
    *,
    tries: int,
    policy: Policy,
    freeze_mail: FreezeMail,
) -> State:
    """What follows from a try, and the submission's state after it."""
    if outcome is Outcome.EXPIRED:
        return _expire(connection, subject, policy=policy, freeze_mail=freeze_mail)
    if outcome is Outcome.RIGHT:
        facts = {RULE: {"domain": domain_of(mail.address), "site": mail.site_matches}}
        approved = Judgement("approve", Rule(RULE), facts=facts)
        record_decision(connection, subject, approved, policy=policy, freeze_mail=freeze_mail)
        return State.APPROVED
    if tries < policy.codes.tries:
        return State.AWAITING_CODE
    rejected = Judgement("reject", Rule(RULE), reasons=(WRONG,))
    record_decision(connection, subject, rejected, policy=policy, freeze_mail=freeze_mail)
    return State.REJECTED


def _expire(connection: Connection, subject: Row[Any], *, policy: Policy, freeze_mail: FreezeMail) -> State:
    state = lifecycle.transition(connection, subject.id, Transition.EXPIRED, actor=RULE)
    mail = SubmissionMail(
        cause_id=subject.id,
        template=MailTemplate.VERIFICATION_EXPIRED,
        submission_id=subject.id,
        member_id=subject.member_id,
        stage=subject.stage,
        chances_left=_chances_left(connection, subject, policy),
        chance=subject.chance,
        sentences=(policy.rulings.code_expired,),
    )
    freeze_mail(connection, mail)
    ledger.record(connection, SEND_MAIL, subject.id, trace=subject.correlation_id)
    return state


def _chances_left(connection: Connection, subject: Row[Any], policy: Policy) -> int:
    limit = policy.attempts.per_method
    return chances_left(
        connection, member_id=subject.member_id, method=subject.method, stage=subject.stage, limit=limit
    )
