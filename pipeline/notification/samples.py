from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final

from pipeline.kernel.translatable import Money, Sentence
from pipeline.notification.reader import Reader
from pipeline.notification.render import Rendered, Sender, render
from pipeline.policy import Policy
from pipeline.policy.mail_templates import MailTemplate
from pipeline.submission.mail_contract import AFTER_REFUNDS, BY_ORDERS_OF

Facts = Mapping[str, Any]

_SECONDS_A_MINUTE: Final = 60
_DUE: Final = datetime(2026, 11, 30, 16, 0, tzinfo=UTC)
_LINK: Final = (
    "https://desk.example.com/v1/unsubscribe/WyJtLTEiLCJub3RpZmljYXRpb25zIl0.6uP1kq7n4cU0d0cVbJmS8VJcM1v2yq3m"
)
_MESSAGE: Final = "OK – 2026-11-25"
_FOUND: Final = (
    Sentence(
        "The file is {size:size}; it may be at most {limit:size}. Please upload a smaller file.",
        {"size": 25_480_000, "limit": 20_971_520},
    ),
    Sentence(
        "This is {found}, which cannot be used here. Please upload {allowed:or}.",
        {"found": "a web page", "allowed": ["a JPEG picture", "a PNG picture", "a PDF document"]},
    ),
)


def variants(template: MailTemplate, policy: Policy) -> Mapping[str, Facts]:
    """The facts of each variant of a template, by the variant's name; the first is what the mail is usually."""
    known = {**_results(policy), **_failures(policy), **_news(policy), **_codes(policy)}
    return known[template]


def sample(template: MailTemplate, facts: Facts, *, reader: Reader, sender: Sender) -> Rendered:
    """The mail with these facts, as that reader gets it."""
    known = {"name": "Ada Byron", "unsubscribe_url": _LINK if template.category else None}
    return render(template, {**known, **facts}, reader=reader, sender=sender)


def _results(policy: Policy) -> Mapping[MailTemplate, Mapping[str, Facts]]:
    stage = policy.ladder[1]
    avatar = [policy.reasons.avatar[0].text, policy.reasons.avatar[-1].text]
    better = [reason.text for reason in policy.reasons.better_file[:2]]
    better_file = {"kind": "verification", "stage": stage, "sentences": better[:1]}
    approved = {"stage": stage, "benefits": policy.benefit_titles(stage.benefits)}
    return {
        MailTemplate.AVATAR_APPROVED: {"plain": {"message": None}, "with a message": {"message": _MESSAGE}},
        MailTemplate.AVATAR_REJECTED: {
            "plain": {"sentences": avatar, "message": None},
            "with a message": {"sentences": avatar, "message": _MESSAGE},
        },
        MailTemplate.BETTER_FILE: {
            "materials": {**better_file, "message": _MESSAGE, "offered": True},
            "avatar": {"kind": "avatar", "stage": None, "sentences": better, "message": None, "offered": True},
            "no way to the stage": {**better_file, "message": None, "offered": False},
        },
        MailTemplate.SUBMISSION_REFUSED: {
            "materials": {"kind": "verification", "sentences": _FOUND, "offered": True},
            "avatar": {"kind": "avatar", "sentences": _FOUND[:1], "offered": True},
            "no way to the stage": {"kind": "verification", "sentences": _FOUND, "offered": False},
        },
        MailTemplate.VERIFICATION_APPROVED: {
            "plain": {**approved, "message": None},
            "with a message": {**approved, "message": _MESSAGE},
        },
        MailTemplate.VERIFICATION_WITHOUT_STAGE: {
            "plain": {"stage": stage, "message": None},
            "with a message": {"stage": stage, "message": _MESSAGE},
        },
    }


def _failures(policy: Policy) -> Mapping[MailTemplate, Mapping[str, Facts]]:
    reasons = [reason.text for reason in policy.reasons.verification[1:3]]
    failed = {"stage": policy.ladder[1], "sentences": reasons, "message": None}
    counted = {"chance": 2, "chances_left": 3, "chances_pending": 0, "offered": True}
    second = {**failed, **counted}
    last = {**failed, "expired": False, "under_review": 0}
    expired = {"stage": policy.ladder[1], "sentences": [policy.rulings.code_expired]}
    methods = [*policy.methods.values()]
    return {
        MailTemplate.VERIFICATION_REJECTED: {
            "chances left": second,
            "one chance left, with a message": {**second, "chances_left": 1, "message": _MESSAGE},
            "the others under review": {**second, "chances_left": 0, "chances_pending": 3},
            "no way to the stage": {**second, "offered": False},
        },
        MailTemplate.VERIFICATION_EXPIRED: {
            "chances left": {**expired, **counted},
            "one under review": {**expired, **counted, "chances_pending": 1},
            "no way to the stage": {**expired, **counted, "offered": False},
        },
        MailTemplate.CHANCES_USED_UP: {
            "rejected": {**last, "other_ways": methods[1:], "message": _MESSAGE},
            "run out": {**last, **expired, "expired": True, "other_ways": methods[:1]},
            "nothing left": {**last, "other_ways": []},
            "one under review": {**last, "other_ways": [], "under_review": 1},
        },
    }


def _news(policy: Policy) -> Mapping[MailTemplate, Mapping[str, Facts]]:
    lower, upper = policy.ladder[1:3]
    gained = policy.benefit_titles(each for each in upper.benefits if each not in lower.benefits)
    orders = Sentence(
        BY_ORDERS_OF, {"orders": Money(Decimal(12_480), "USD"), "required": Money(Decimal(10_000), "USD")}
    )
    earned, taken = next(iter(policy.points.earn.values())), next(iter(policy.points.penalties.values()))
    return {
        MailTemplate.LEVEL_UNLOCKED: {
            "by orders": {"stage_title": upper.title, "new_benefits": gained, "reason": orders}
        },
        MailTemplate.LEVEL_LOWERED: {
            "after refunds": {
                "from_title": upper.title,
                "to_title": lower.title,
                "lost_benefits": gained,
                "reason": AFTER_REFUNDS,
            }
        },
        MailTemplate.REVIEW_DELAYED: {
            "verification": {"kind": "verification", "stage_title": lower.title, "due_at": _DUE},
            "avatar": {"kind": "avatar", "stage_title": None, "due_at": _DUE},
        },
        MailTemplate.POINTS: {
            "added": {"amount": earned.points, "cause": earned.title, "balance": 1_260},
            "taken": {"amount": -taken.points, "cause": taken.title, "balance": -240},
        },
    }


def _codes(policy: Policy) -> Mapping[MailTemplate, Mapping[str, Facts]]:
    code = "042117"
    business = {"name": "", "code": code, "minutes": policy.codes.valid_seconds // _SECONDS_A_MINUTE}
    return {
        MailTemplate.EMAIL_CODE: {"plain": {"code": code, "minutes": 15}},
        MailTemplate.BUSINESS_EMAIL_CODE: {"plain": {**business, "stage_title": policy.ladder[1].title}},
    }
