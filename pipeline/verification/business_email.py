from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import structlog
from sqlalchemy import Connection, Row, insert, update

from pipeline.kernel.database import Database
from pipeline.kernel.errors import Problem
from pipeline.kernel.idempotency import Once, earlier_answer, remember
from pipeline.kernel.rules.one_time_codes import CodeOnItsWay, Kept, Newer, Outcome, as_sent, tried_of
from pipeline.policy import Policy
from pipeline.policy.mail_templates import MailTemplate
from pipeline.submission import lifecycle
from pipeline.submission.accepted_policy import policy_of
from pipeline.submission.chances import Taken, chances_of
from pipeline.submission.decisions import Judgement, Rule, record_decision
from pipeline.submission.evidence.method import EvidenceMethod
from pipeline.submission.evidence.rules.email_domains import domain_of, matches_site, plain_address
from pipeline.submission.lifecycle import State, Transition
from pipeline.submission.mail_contract import FreezeMail, SubmissionMail
from pipeline.submission.tables import business_email
from pipeline.tasks import ledger
from pipeline.tasks.ledger import Task
from pipeline.tasks.rules import SEND_CODE, SEND_MAIL
from pipeline.verification.code_delivery import awaiting_code, locked
from pipeline.verification.rules import address_problems
from schemas.codes import CodeAnswer
from schemas.submissions import BusinessEmailSubmission

log = structlog.get_logger()

RULE: Final = "business_email"
WRONG: Final = "wrong_code"
EXPIRED: Final = "code_expired"

TakesMail = Callable[[str], bool]


def evidence_method(takes_mail: TakesMail) -> EvidenceMethod:
    """The method for intake. `takes_mail`: whether the domain of an address takes mail."""

    def network_problems(given: BusinessEmailSubmission) -> Iterable[Problem]:
        if not takes_mail(given.business_email):
            message = "The address's domain takes no mail. Check its spelling."
            yield Problem("business_email", "undeliverable_domain", message)

    return EvidenceMethod(
        problems=lambda given, policy: address_problems(given.business_email, policy.business_email),
        network_problems=network_problems,
        keep=_keep,
        first_task=SEND_CODE,
        first_state=State.AWAITING_CODE,
    )


def confirm(
    submission_id: UUID,
    given: str,
    *,
    db: Database,
    policy: Policy,
    freeze_mail: FreezeMail,
    request: Once | None = None,
) -> CodeAnswer:
    """Try a code. The right one approves; each wrong one is counted, and the last allowed try rejects. Tries are spent on a code that was sent.

    Raises NotFound, AlreadyThere or NotAllowed where no code is awaited, Invalid for what cannot be a code, CodeOnItsWay,
    IdempotencyKeyReused.
    """
    with db.begin() as connection:
        if (earlier := earlier_answer(connection, request)) is not None:
            return CodeAnswer.model_validate(earlier)
        subject, mail = awaiting_code(connection, submission_id)
        policy = policy_of(connection, subject.policy_version, present=policy)
        outcome, tries = _try(connection, mail, as_sent(given, policy.codes), policy)
        state = _apply(connection, subject, mail, outcome, tries=tries, policy=policy, freeze_mail=freeze_mail)
        taken = _chances(connection, subject)
        answer = CodeAnswer(
            submission_id=submission_id,
            correct=outcome is Outcome.RIGHT,
            state=state,
            tries_left=policy.codes.tries - tries if state == State.AWAITING_CODE else 0,
            chances_left=taken.left_of(policy.attempts.per_method),
            chances_spent=taken.spent,
            chances_pending=taken.pending,
        )
        if outcome is not Outcome.NOT_SENT:
            remember(connection, request, answer.model_dump(mode="json"))
    log.info("code.tried", submission_id=str(submission_id), state=state, correlation_id=subject.correlation_id)
    if outcome is Outcome.NOT_SENT:
        raise CodeOnItsWay
    return answer


def expire(task: Task, *, db: Database, policy: Policy, freeze_mail: FreezeMail) -> None:
    """End a submission whose valid code has expired; its chance is spent. Nothing where a newer code was asked for."""
    submission_id = UUID(task.ref_id)
    with db.begin() as connection:
        ledger.finish(connection, task)
        subject, mail = locked(connection, submission_id)
        over = mail.code_expires_at is not None and mail.code_expires_at <= mail.now
        ended = over and mail.codes == mail.code_number and subject.state == State.AWAITING_CODE
        if ended:
            own = policy_of(connection, subject.policy_version, present=policy)
            _expire(connection, subject, policy=own, freeze_mail=freeze_mail)
    log.info("code.expired" if ended else "code.expiry_dropped", submission_id=str(submission_id))


def _keep(
    connection: Connection, submission_id: UUID, given: BusinessEmailSubmission, now: datetime, policy: Policy
) -> None:
    """Write the address, and whether its domain is that of the company's site."""
    address = plain_address(given.business_email)
    row = {
        "submission_id": submission_id,
        "address": address,
        "site_matches": matches_site(domain_of(address), given.form, policy.business_email),
        "code_asked_at": now,
        "codes_since": now,
    }
    connection.execute(insert(business_email), row)


def _try(connection: Connection, mail: Row[Any], given: str, policy: Policy) -> tuple[Outcome, int]:
    """Compare the code, and count the try or the guess. Returns the outcome and the number of tries."""
    sent = Kept(mail.code_hash, mail.code_expires_at, mail.tries) if mail.code_number else None
    newer = Newer(mail.next_hash, mail.guesses) if mail.codes > mail.code_number else None
    outcome = tried_of(sent, newer, given, now=mail.now, rules=policy.codes)
    tries = mail.tries + (outcome in {Outcome.RIGHT, Outcome.WRONG})
    guesses = min(policy.codes.tries, mail.guesses + (outcome is Outcome.NOT_SENT and mail.next_hash is not None))
    mine = business_email.c.submission_id == mail.submission_id
    connection.execute(update(business_email).where(mine).values(tries=tries, guesses=guesses))
    return outcome, tries


def _apply(
    connection: Connection,
    subject: Row[Any],
    mail: Row[Any],
    outcome: Outcome,
    *,
    tries: int,
    policy: Policy,
    freeze_mail: FreezeMail,
) -> State:
    """Approve, reject, expire or leave the submission waiting. Returns its state."""
    if outcome is Outcome.EXPIRED:
        return _expire(connection, subject, policy=policy, freeze_mail=freeze_mail)
    if outcome is Outcome.RIGHT:
        facts = {RULE: {"domain": domain_of(mail.address), "site": mail.site_matches}}
        approved = Judgement("approve", Rule(RULE), facts=facts)
        record_decision(connection, subject, approved, policy=policy, freeze_mail=freeze_mail)
        return State.APPROVED
    if outcome is Outcome.NOT_SENT or tries < policy.codes.tries:
        return State.AWAITING_CODE
    rejected = Judgement("reject", Rule(RULE), reasons=(WRONG,))
    record_decision(connection, subject, rejected, policy=policy, freeze_mail=freeze_mail)
    return State.REJECTED


def _expire(connection: Connection, subject: Row[Any], *, policy: Policy, freeze_mail: FreezeMail) -> State:
    state = lifecycle.transition(connection, subject.id, Transition.EXPIRED, actor=RULE)
    taken = _chances(connection, subject)
    mail = SubmissionMail(
        cause_id=subject.id,
        template=MailTemplate.VERIFICATION_EXPIRED,
        submission_id=subject.id,
        member_id=subject.member_id,
        stage=subject.stage,
        chances_left=taken.left_of(policy.attempts.per_method),
        chances_pending=taken.pending,
        chance=subject.chance,
        sentences=(policy.rulings.code_expired,),
    )
    freeze_mail(connection, mail)
    ledger.record(connection, SEND_MAIL, subject.id, trace=subject.correlation_id)
    return state


def _chances(connection: Connection, subject: Row[Any]) -> Taken:
    return chances_of(connection, member_id=subject.member_id, method=subject.method, stage=subject.stage)
