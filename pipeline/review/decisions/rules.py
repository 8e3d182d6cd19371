"""What a decision must say to be recorded (DOMAIN §1, §7.2), and what a verdict comes to where two people must agree. Pure."""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Final
from uuid import UUID

from pipeline.kernel.errors import Problem
from pipeline.policy import Policy
from pipeline.policy.ladder import FactType
from pipeline.policy.methods import ChecklistItem
from pipeline.submission.lifecycle import Queue
from schemas.currencies import currencies
from schemas.decisions import DecisionRequest, MaterialAnswers

_AMOUNT: Final = re.compile(r"[0-9]{1,15}(\.[0-9]{1,6})?")
_TEXT_LENGTH: Final = 200
_INTEGER: Final = re.compile(r"[0-9]{1,15}")
_BOTH: Final = 2
_EASTERNMOST: Final = timedelta(hours=14)
"""How far the first place on earth is ahead of UTC: a day has begun once it has begun there."""


class FourEyes(StrEnum):
    """Final: the decision, with its effects. Second: another person looks. Split: two disagree, and a senior decides."""

    FINAL = "final"
    SECOND = "second"
    SPLIT = "split"


WAITS_IN: Final[Mapping[FourEyes, Queue]] = {FourEyes.SECOND: Queue.SECOND, FourEyes.SPLIT: Queue.SENIOR}


def four_eyes(verdict: str, *, needs_two: bool, opinions: Sequence[str]) -> FourEyes:
    """The four-eyes outcome of a verdict; `opinions` are the standing verdicts of the others.

    Once somebody's opinion was asked for it counts, whatever the policy says by then. Asking for a better file judges nobody, so
    it takes one person only. Where two disagree the third decides.
    """
    if verdict == "better_file" or len(opinions) >= _BOTH:
        return FourEyes.FINAL
    if not opinions:
        return FourEyes.SECOND if needs_two else FourEyes.FINAL
    return FourEyes.FINAL if opinions[0] == verdict else FourEyes.SPLIT


@dataclass(frozen=True, slots=True)
class Subject:
    """What is decided on: the kind of submission, its identity, its files (id → kind of material), and whether the member has a profile."""

    kind: str
    identity: str | None
    materials: Mapping[UUID, str]
    profile: bool = True


def decision_problems(
    request: DecisionRequest, subject: Subject, policy: Policy, *, now: datetime
) -> tuple[Problem, ...]:
    """Everything that is wrong with a decision; empty where it may be recorded."""
    today = (now + _EASTERNMOST).date()
    return (
        *_reason_problems(request, subject, policy),
        *_unknown_materials(request, subject),
        *_answer_problems(request, subject, policy, today),
    )


def _reason_problems(request: DecisionRequest, subject: Subject, policy: Policy) -> Iterator[Problem]:
    given = "better_file" if request.verdict == "better_file" else "reject"
    known = policy.reasons_for(kind=subject.kind, verdict=given, profile=subject.profile)
    if given == "reject":
        yield from reason_problems(request.verdict, request.reasons, known)
        return
    yield from _unknown_reasons(request.reasons, known)
    if not request.reasons and request.message is None:
        message = f"Say what is wrong with the file: a message, or one of {', '.join(known)}."
        yield Problem("reasons", "missing_reason", message)


def reason_problems(verdict: str, reasons: Sequence[str], known: Collection[str]) -> Iterator[Problem]:
    """What is wrong with the reasons of an approval or a rejection; `known` are those of the policy."""
    yield from _unknown_reasons(reasons, known)
    if verdict == "reject" and not reasons:
        yield Problem("reasons", "missing_reason", f"A rejection needs a reason. Use one of {', '.join(known)}.")
    if verdict == "approve" and reasons:
        yield Problem("reasons", "reason_without_rejection", "Reasons go with a rejection; an approval has none.")


def _unknown_reasons(reasons: Sequence[str], known: Collection[str]) -> Iterator[Problem]:
    for position, code in enumerate(reasons):
        if code not in known:
            message = f"There is no reason {code!r} here. Use one of {', '.join(known)}."
            yield Problem(f"reasons.{position}", "unknown_reason", message)


def _unknown_materials(request: DecisionRequest, subject: Subject) -> Iterator[Problem]:
    seen: set[UUID] = set()
    for position, answers in enumerate(request.materials):
        path = f"materials.{position}.material_id"
        if answers.material_id not in subject.materials:
            yield Problem(path, "unknown_material", "This case has no such material.")
        elif answers.material_id in seen:
            yield Problem(path, "repeated_material", "This material is answered twice.")
        seen.add(answers.material_id)


def _answer_problems(request: DecisionRequest, subject: Subject, policy: Policy, today: date) -> Iterator[Problem]:
    positions = {answers.material_id: position for position, answers in enumerate(request.materials)}
    approving = request.verdict == "approve"
    for material_id, kind in subject.materials.items():
        items = policy.checklist(kind=subject.kind, identity=subject.identity, material=kind, profile=subject.profile)
        position = positions.get(material_id)
        if position is not None:
            answers = request.materials[position]
            yield from _material_problems(f"materials.{position}", answers, items, policy, today, approving=approving)
        elif approving:
            yield Problem(
                "materials",
                "missing_answers",
                f"An approval answers the checklist of every material; {kind} has no answers.",
            )


def _material_problems(
    path: str,
    answers: MaterialAnswers,
    items: tuple[ChecklistItem, ...],
    policy: Policy,
    today: date,
    *,
    approving: bool,
) -> Iterator[Problem]:
    codes = [item.code for item in items]
    facts = [fact for item in items for fact in item.facts]
    for code in answers.checklist.keys() - set(codes):
        yield Problem(f"{path}.checklist.{code}", "unknown_checklist_item", f"The checklist has {', '.join(codes)}.")
    for fact in answers.facts.keys() - set(facts):
        known = ", ".join(facts) or "none"
        yield Problem(f"{path}.facts.{fact}", "unknown_fact", f"The facts of this material are: {known}.")
    for fact, value in answers.facts.items():
        if fact in facts and (wrong := fact_problem(policy.facts[fact], value, today)):
            yield Problem(f"{path}.facts.{fact}", "invalid_fact", wrong)
    if approving:
        yield from _approval_problems(path, answers, items)
    yield from _period_problems(path, answers)


def _approval_problems(path: str, answers: MaterialAnswers, items: tuple[ChecklistItem, ...]) -> Iterator[Problem]:
    for item in items:
        answer = answers.checklist.get(item.code)
        if answer is None:
            yield Problem(
                f"{path}.checklist.{item.code}", "missing_answer", f"Answer this before approving: {item.text}."
            )
        elif not answer:
            message = f"The answer to “{item.text}” is no, so this cannot be approved."
            yield Problem(f"{path}.checklist.{item.code}", "checklist_not_met", message)
        for fact in item.facts:
            if str(answers.facts.get(fact, "")).strip() == "":
                yield Problem(
                    f"{path}.facts.{fact}",
                    "missing_fact",
                    f"Type in what the material shows as {fact.replace('_', ' ')}.",
                )


def _period_problems(path: str, answers: MaterialAnswers) -> Iterator[Problem]:
    first, last = (str(answers.facts.get(name, "")) for name in ("period_from", "period_to"))
    if not fact_problem("date", first) and not fact_problem("date", last) and first > last:
        yield Problem(f"{path}.facts.period_to", "invalid_fact", "The period ends before it begins.")


def fact_problem(fact_type: FactType, value: str | int, today: date = date.max) -> str | None:
    """What is wrong with the value of a fact of this type, in words; None where nothing is. No date is after `today`."""
    written = str(value).strip()
    match fact_type:
        case "date":
            return _date_problem(written, today)
        case "decimal":
            return _amount_problem(written)
        case "currency":
            return (
                None
                if written in currencies()
                else "Give the three letters of a currency that is in use (ISO 4217): EUR."
            )
        case "integer":
            return None if _INTEGER.fullmatch(written) else "Give a whole number in digits."
        case "text":
            return None if len(written) <= _TEXT_LENGTH else f"At most {_TEXT_LENGTH} characters."


def _amount_problem(written: str) -> str | None:
    if not _AMOUNT.fullmatch(written):
        return "Give an amount in digits, with a point before the decimals: 12500.50."
    return None if Decimal(written) > 0 else "Give the amount that the material shows; it is more than 0."


def _date_problem(written: str, today: date) -> str | None:
    if not _is_date(written):
        return "Give a date as YYYY-MM-DD."
    return (
        None
        if date.fromisoformat(written) <= today
        else "This day is in the future. Give the one that the material shows."
    )


def _is_date(written: str) -> bool:
    try:
        return date.fromisoformat(written).isoformat() == written
    except ValueError:
        return False
