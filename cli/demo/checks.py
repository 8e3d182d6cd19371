"""Compares the demo's results with its plans, by the public interfaces alone: API, public bucket, mail sink."""

import hashlib
import io
from collections.abc import Iterator, Mapping, Sequence
from http import HTTPStatus
from typing import Any, Final

import httpx
from PIL import Image

from cli.demo.clients import fetched
from cli.demo.mailbox import Mail
from cli.demo.plan import ANY, Plan
from config.policy import load_policy

POLICY: Final = load_policy()


def submission_differences(plan: Plan, view: Mapping[str, Any], mails: Sequence[Mail]) -> Iterator[str]:
    """What differs in one submission, a sentence each."""
    path = [step["state"] for step in view["history"]]
    if ANY in plan.path:
        path = [path[0], ANY, path[-1]]
    yield from _differs("path", path, list(plan.path))
    yield from _differs("state", view["state"], plan.ends)
    yield from _differs("door", view["door"], plan.door)
    yield from _differs("findings", {each["code"] for each in view["findings"]}, set(plan.findings))
    yield from _differs("chance", view["chance"], plan.chance)
    yield from _differs("effects", {each["name"]: each["state"] for each in view["effects"]}, dict(plan.effects))
    rule = "hours_by_the_clock" if plan.kind == "avatar" else "working_days"
    yield from _differs("rule of the due time", view["due"]["rule"]["name"], rule)
    decision = view["decision"] or {"reasons": []}
    yield from _differs("reasons", [each["code"] for each in decision["reasons"]], list(plan.reasons))
    yield from _mail_differences(plan, view, mails)


def _mail_differences(plan: Plan, view: Mapping[str, Any], mails: Sequence[Mail]) -> Iterator[str]:
    """The expected number of mails, and every sentence that must stand in the text."""
    yield from _differs("mails", len(mails), 1 if plan.mail else 0)
    for mail in mails:
        if not mail.subject.startswith(plan.mail or ""):
            yield f"mail: the subject is {mail.subject!r}, expected {plan.mail!r}"
        reasons = view["decision"]["reasons"] if view["decision"] else []
        refusals = [each["message"] for each in view["findings"] if each["severity"] == "error"]
        for sentence in [*(each["text"] for each in reasons), *refusals, *filter(None, [plan.message])]:
            if sentence not in mail.text:
                yield f"mail: the text lacks {sentence!r}"


def avatar_differences(avatar: Mapping[str, Any], expected_submission: str | None) -> Iterator[str]:
    """What differs in a member's public avatar: it must be the approved one, a JPEG without metadata, named by its hash."""
    yield from _differs("public avatar", avatar["submission_id"], expected_submission)
    if avatar["submission_id"] is None or expected_submission is None:
        return
    for name in ("large_url", "small_url"):
        answer = fetched(avatar[name])
        yield from _differs(f"{name} answers", answer.status_code, HTTPStatus.OK)
        if answer.status_code == HTTPStatus.OK:
            yield from _picture_differences(avatar[name], answer)


def _picture_differences(url: str, answer: httpx.Response) -> Iterator[str]:
    digest = hashlib.sha256(answer.content).hexdigest()
    yield from _differs("hash in the public name", url.rpartition("/")[2].partition("-")[0], digest)
    yield from _differs("cache rule", "max-age=3600" in answer.headers.get("cache-control", ""), expected=True)
    with Image.open(io.BytesIO(answer.content), formats=["JPEG"]) as picture:
        yield from _differs(
            "metadata in the public picture", sorted({*picture.getexif(), *picture.info} - _HARMLESS), []
        )
        yield from _differs(
            "size of the public picture", max(picture.size) <= POLICY.files.avatar.large_side, expected=True
        )


_HARMLESS: Final = frozenset({"jfif", "jfif_version", "jfif_unit", "jfif_density", "progressive", "progression"})


def gone_differences(url: str) -> Iterator[str]:
    """A replaced avatar must be deleted."""
    answer = fetched(url)
    yield from _differs("replaced avatar answers", answer.status_code, HTTPStatus.NOT_FOUND)


def membership_differences(
    membership: Mapping[str, Any], unlocked: Sequence[str], spent: Mapping[tuple[str, str], int]
) -> Iterator[str]:
    """The level must be the highest unlocked stage, with its benefits and one change for each; the chances left must add up."""
    stages = [rung["stage"] for rung in membership["stages"]]
    level = max(unlocked, key=stages.index, default=stages[0])
    yield from _differs("level", membership["level"], level)
    yield from _differs("changes of level", len(membership["history"]), len(unlocked))
    for rung in membership["stages"]:
        if rung["stage"] == level:
            yield from _differs("benefits", membership["benefits"], rung["benefits"])
        for method, left in rung["chances_left"].items():
            used = spent.get((rung["stage"], method), 0)
            yield from _differs(
                f"chances left for {rung['stage']} by {method}", left, POLICY.attempts.per_method - used
            )


def message_id_differences(mails: Sequence[Mail]) -> Iterator[str]:
    """No mail may come twice."""
    ids = [mail.message_id for mail in mails]
    yield from _differs("distinct Message-IDs", len(set(ids)), len(ids))


def _differs(what: str, actual: object, expected: object) -> Iterator[str]:
    if actual != expected:
        yield f"{what}: {actual!r}, expected {expected!r}"
