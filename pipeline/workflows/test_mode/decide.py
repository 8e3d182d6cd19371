"""Decide a test submission as its member's name asks. A live one is never touched, whatever the name."""

from typing import Any, Final
from uuid import UUID

import structlog
from sqlalchemy import Connection, Row, select

from pipeline.kernel.database import Database
from pipeline.ownership.rules import is_test
from pipeline.policy import Policy
from pipeline.submission.accepted_policy import policy_of
from pipeline.submission.decisions import Judgement, Rule, record_decision
from pipeline.submission.lifecycle import TEST_QUEUE, State
from pipeline.submission.mail_contract import FreezeMail
from pipeline.submission.tables import submission
from pipeline.submission.test_mode.rules import reasons_of, wish_of
from pipeline.tasks import ledger
from pipeline.tasks.ledger import Task

log = structlog.get_logger()

RULE: Final = "test"


def decide_test(task: Task, *, db: Database, policy: Policy, freeze_mail: FreezeMail) -> None:
    """Record the decision that was asked for; it takes effect at once. One that is to wait stays in review, where nobody sees it."""
    mine = submission.c.id == UUID(task.ref_id)
    with db.begin() as connection:
        ledger.finish(connection, task)
        subject = connection.execute(select(submission).where(mine).with_for_update()).one()
        verdict = _decide(connection, subject, policy, freeze_mail) if _is_to_be_decided(subject) else None
    log.info("test.decided", submission_id=task.ref_id, verdict=verdict, correlation_id=task.trace)


def _is_to_be_decided(subject: Row[Any]) -> bool:
    """A test by each of its three marks, so that no one mistake decides a live submission."""
    marked = subject.queue == TEST_QUEUE and is_test(subject.service) and is_test(subject.member_id)
    return bool(marked and subject.state == State.IN_REVIEW)


def _decide(connection: Connection, subject: Row[Any], present: Policy, freeze_mail: FreezeMail) -> str | None:
    wish = wish_of(subject.member["name"])
    if wish.verdict is None:
        return None
    policy = policy_of(connection, subject.policy_version, present=present)
    reasons = reasons_of(wish, kind=subject.kind, policy=policy)
    judgement = Judgement(wish.verdict, Rule(RULE), reasons=reasons)
    record_decision(connection, subject, judgement, policy=policy, freeze_mail=freeze_mail)
    return wish.verdict
