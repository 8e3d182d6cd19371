"""Verification by a tax number: a wrong check digit is rejected by a rule; the policy approves a right number, or a person sees it."""

from collections.abc import Iterable
from dataclasses import asdict
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import structlog
from sqlalchemy import Column, Connection, ForeignKey, Index, Row, Table, Text, Uuid, insert, select, text, update

from pipeline.kernel.database import JSON, Database, metadata
from pipeline.kernel.errors import Problem
from pipeline.kernel.ids import new_id
from pipeline.ownership.rules import is_test
from pipeline.ownership.tables import is_live
from pipeline.policy import Policy
from pipeline.submission import lifecycle
from pipeline.submission.accepted_policy import policy_of
from pipeline.submission.decisions import Judgement, Rule, record_decision
from pipeline.submission.evidence.method import EvidenceMethod
from pipeline.submission.evidence.rules import tax_numbers
from pipeline.submission.lifecycle import State, Transition
from pipeline.submission.mail_contract import FreezeMail
from pipeline.submission.tables import material, submission
from pipeline.tasks import ledger
from pipeline.tasks.ledger import Task
from pipeline.tasks.rules import JUDGE_NUMBER
from pipeline.verification.rules import number_goes_to, number_problems
from pipeline.verification.vies import Advice, LookUp
from schemas.cases import TaxNumberView, UsedBy
from schemas.submissions import TaxNumberSubmission

log = structlog.get_logger()

RULE: Final = "tax_number"
_SHOWN: Final = 20

tax_number: Final = Table(
    "tax_number",
    metadata,
    Column("submission_id", Uuid, ForeignKey("submission.id"), primary_key=True),
    Column("member_id", Text, nullable=False),
    Column("country", Text, nullable=False),
    Column("written", Text, nullable=False),
    Column("number", Text),
    Column("register", JSON),
    Index("ix_tax_number_number", "country", "number", postgresql_where=text("number IS NOT NULL")),
)
"""`number` is the normal form of what was `written`, null where it has none. `register` is the register's answer, if it was asked."""


def _problems(given: TaxNumberSubmission, _policy: Policy) -> Iterable[Problem]:
    """Of the country and the kind: whether the check digit is right is judged after it was accepted."""
    return number_problems(tax_numbers.country_of(given.tax_number.country), given.tax_number.number)


def _keep(
    connection: Connection, submission_id: UUID, given: TaxNumberSubmission, _now: datetime, _policy: Policy
) -> None:
    """Write the number, and the material that a reviewer answers for."""
    country, written = tax_numbers.country_of(given.tax_number.country), given.tax_number.number
    row = {"submission_id": submission_id, "member_id": given.member_id, "country": country, "written": written}
    connection.execute(insert(tax_number), {**row, "number": tax_numbers.check(country, written).number})
    shown = {"id": new_id(), "submission_id": submission_id, "position": 0, "kind": given.method}
    connection.execute(insert(material), shown)


METHOD: Final = EvidenceMethod(problems=_problems, keep=_keep, first_task=JUDGE_NUMBER)


def judge_number(task: Task, *, db: Database, policy: Policy, freeze_mail: FreezeMail, look_up: LookUp | None) -> None:
    """Reject a submission with a tax number, approve it, or pass it to a person. The register is asked before the transaction.

    Of two members with one number at least one is judged after both were accepted, so the second use is seen.
    """
    submission_id = UUID(task.ref_id)
    with db.read() as connection:
        given = connection.execute(select(tax_number).where(tax_number.c.submission_id == submission_id)).one()
    advice = _advice_on(given, look_up)
    with db.begin() as connection:
        ledger.finish(connection, task)
        subject = connection.execute(select(submission).where(submission.c.id == submission_id).with_for_update()).one()
        outcome = subject.state
        if subject.state == State.RECEIVED:
            own = policy_of(connection, subject.policy_version, present=policy)
            outcome = _judge(connection, subject, given, advice, policy=own, freeze_mail=freeze_mail)
    log.info("tax_number.judged", submission_id=str(submission_id), state=outcome, correlation_id=task.trace)


def _advice_on(given: Row[Any], look_up: LookUp | None) -> Advice | None:
    """What the register says of the number; None where it is not asked. It has no other kinds than those for value-added tax."""
    if look_up is None or given.number is None or is_test(given.member_id):
        return None
    kind = tax_numbers.kind_of(given.country, given.number)
    return look_up(given.country, given.number) if kind is not None and kind.in_vies else Advice("not_covered")


def _judge(
    connection: Connection,
    subject: Row[Any],
    given: Row[Any],
    advice: Advice | None,
    *,
    policy: Policy,
    freeze_mail: FreezeMail,
) -> str:
    if given.number is None and tax_numbers.check(given.country, given.written).wrong == tax_numbers.WRONG_CHECK_DIGIT:
        rejected = Judgement("reject", Rule(RULE), reasons=(tax_numbers.WRONG_CHECK_DIGIT,))
        record_decision(connection, subject, rejected, policy=policy, freeze_mail=freeze_mail)
        return State.REJECTED
    if given.number is None:  # accepted by a release that knew other forms: only a person may spend a chance on it
        return lifecycle.transition(connection, subject.id, Transition.CLEARED, actor=RULE, detail={"form": "unknown"})
    if is_test(subject.service):
        return lifecycle.transition(connection, subject.id, Transition.CLEARED, actor=RULE, detail={"test": True})
    if advice is not None:
        mine = tax_number.c.submission_id == subject.id
        connection.execute(update(tax_number).where(mine).values(register=asdict(advice)))
    used = used_by_others(connection, given)
    to = number_goes_to(policy.tax_number.approve, used=bool(used), advice=advice.status if advice else None)
    if to == "person":
        detail = {"used_by_others": len(used), "register": advice.status if advice else None}
        return lifecycle.transition(connection, subject.id, Transition.CLEARED, actor=RULE, detail=detail)
    facts = {RULE: {"country": given.country, "number": given.number}}
    approved = Judgement("approve", Rule(RULE), facts=facts)
    record_decision(connection, subject, approved, policy=policy, freeze_mail=freeze_mail)
    return State.APPROVED


def used_by_others(connection: Connection, given: Row[Any]) -> tuple[UsedBy, ...]:
    """The live submissions in which other members gave the same number, the latest first; withdrawn ones count as well."""
    rows = connection.execute(
        select(tax_number.c.submission_id, tax_number.c.member_id, submission.c.stage, submission.c.state)
        .join(submission, submission.c.id == tax_number.c.submission_id)
        .where(
            tax_number.c.country.in_(tax_numbers.countries_alike(given.country)),
            tax_number.c.number == given.number,
            tax_number.c.member_id != given.member_id,
            is_live(tax_number.c.member_id),
        )
        .order_by(submission.c.sequence.desc())
        .limit(_SHOWN)
    )
    return tuple(UsedBy.model_validate(dict(row)) for row in rows.mappings())


def number_of(submission_id: UUID, *, db: Database) -> TaxNumberView | None:
    """A submission's tax number as a reviewer sees it; None where it has none."""
    with db.read() as connection:
        mine = tax_number.c.submission_id == submission_id
        given = connection.execute(select(tax_number).where(mine)).one_or_none()
        if given is None:
            return None
        used = used_by_others(connection, given)
    register = given.register or {}
    return TaxNumberView(
        country=given.country,
        kind=_kind_name(given),
        written=given.written,
        number=given.number,
        used_by=used,
        register_status=register.get("status"),
        register_name=register.get("name"),
    )


def _kind_name(given: Row[Any]) -> str:
    """What kind the number is of; of one that no kind fits, the country's usual one."""
    kind = tax_numbers.kind_of(given.country, given.number or given.written)
    return kind.name if kind else tax_numbers.is_number_of(given.country)
