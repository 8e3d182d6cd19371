"""What the judges of a run are shown when nothing went wrong: two members, an avatar, two verifications."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

from cli.demo.mailbox import Mail
from tests.chaos.evidence import Bucket, Evidence, Recorded
from tests.chaos.journal import Journal
from tests.chaos.listener import Telling

LADDER = ("registered", "verified", "trusted")
AVATAR, VERIFIED, ANOTHER, REFUSED = "avatar-1", "verification-1", "verification-4", "avatar-0"
"""The run's reviewers approve by the id: the first three."""
ADA, BEA = "ada", "bea"


def evidence() -> Evidence:
    """Sound in every respect."""
    views = {each["id"]: each for each in (_avatar(), _verification(VERIFIED, "verified", 1), _bad_avatar())}
    decided = [view["decision"] for view in views.values() if view["decision"]]
    return Evidence(
        journal=Journal(
            accepted={f"errand-{each}": each for each in views},
            planted={"poison-0"},
            decisions=[{**each, "submission_id": each["id"].removeprefix("d-")} for each in decided],
        ),
        views=views,
        listed=[{name: view[name] for name in ("id", "state", "member_id")} for view in views.values()],
        mails={each: [mail(each)] for each in views},
        memberships={BEA: _membership()},
        avatars={ADA: {"submission_id": AVATAR, "large_url": "large", "small_url": "small"}},
        pictures={ADA: []},
        buckets={
            "uploads": Bucket(frozenset({"given", "never submitted"}), frozenset({"given"})),
            "vault": Bucket(frozenset({"page"}), frozenset({"page"})),
            "public": Bucket(frozenset({"large", "small"}), frozenset({"large", "small"})),
        },
        tasks=[task(VERIFIED), task("poison-0", kind="submission.accept", state="parked")],
        faults=1,
        events=events(),
        told=[telling(each) for each in events()],
        spent={ADA: Decimal("12.50")},
        counted={ADA: Decimal("12.50")},
    )


def events() -> list[Recorded]:
    """Each submission was received and ended."""
    of = ((AVATAR, ADA, "approved"), (VERIFIED, BEA, "approved"), (REFUSED, ADA, "refused"))
    types = [(submission, member, kind) for submission, member, end in of for kind in ("received", end)]
    return [
        Recorded(f"event-{number}", number, f"submission.{kind}", member, submission, float(number))
        for number, (submission, member, kind) in enumerate(types, start=1)
    ]


def telling(told: Recorded) -> Telling:
    """The endpoint was told of it half a second later."""
    return Telling(told.event_id, told.type, told.member_id, told.at + 0.5)


def with_view(found: Evidence, submission_id: str, **changed: Any) -> Evidence:
    """The same, but one submission is seen otherwise."""
    return replace(found, views={**found.views, submission_id: {**found.views[submission_id], **changed}})


def with_membership(found: Evidence, **changed: Any) -> Evidence:
    """The same, but the membership is told otherwise."""
    return replace(found, memberships={BEA: {**found.memberships[BEA], **changed}})


def with_bucket(found: Evidence, name: str, *, present: Sequence[str], named: Sequence[str]) -> Evidence:
    """The same, but for one bucket."""
    return replace(found, buckets={**found.buckets, name: Bucket(frozenset(present), frozenset(named))})


def with_journal(found: Evidence, **changed: Any) -> Evidence:
    """The same, but the clients remember otherwise."""
    return replace(found, journal=replace(found.journal, **changed))


def mail(submission_id: str, *, message_id: str | None = None, text: str = "It was looked at.") -> Mail:
    """A mail that tells of a submission."""
    return Mail(
        Path("mail"), "ada@shop.example.com", "Result", message_id or f"<{submission_id}>", submission_id, text, ""
    )


def task(ref_id: str, *, kind: str = "mail.send", state: str = "done", attempts: int = 1) -> Mapping[str, Any]:
    """A task as the operator sees it."""
    return {"kind": kind, "ref_id": ref_id, "state": state, "attempts": attempts, "last_error": "It broke."}


def change(submission_id: str, from_level: str, to_level: str) -> dict[str, str]:
    """A change of a level."""
    return {"from_level": from_level, "to_level": to_level, "cause": f"d-{submission_id}", "at": "2026-11-02T09:00:00Z"}


def approved_too(found: Evidence, submission_id: str, stage: str) -> Evidence:
    """The same, but one more verification of the member was approved, and nothing came of it but its mail."""
    number = len(found.events) + 1
    types = ("submission.received", "submission.approved")
    more = [Recorded(f"event-{number + n}", number + n, each, BEA, submission_id, 9.0) for n, each in enumerate(types)]
    return replace(
        found,
        views={**found.views, submission_id: _verification(submission_id, stage, 1)},
        mails={**found.mails, submission_id: [mail(submission_id)]},
        listed=[*found.listed, {"id": submission_id, "state": "approved", "member_id": BEA}],
        events=[*found.events, *more],
        told=[*found.told, *map(telling, more)],
        journal=replace(found.journal, accepted={**found.journal.accepted, "errand": submission_id}),
    )


def _view(submission_id: str, kind: str, member_id: str, effects: Sequence[str], **more: Any) -> dict[str, Any]:
    done = [{"name": name, "state": "sent" if name == "mail" else "done"} for name in effects]
    approved = {"id": f"d-{submission_id}", "verdict": "approve", "decided_at": "2026-11-02T09:00:00Z"}
    sound = {"state": "approved", "stage": None, "chance": None, "decision": approved}
    return {"id": submission_id, "kind": kind, "member_id": member_id, "effects": done, **sound, **more}


def _avatar() -> dict[str, Any]:
    return _view(AVATAR, "avatar", ADA, ("avatar_published", "mail"))


def _bad_avatar() -> dict[str, Any]:
    return _view(REFUSED, "avatar", ADA, ("mail",), state="refused", decision=None)


def _verification(submission_id: str, stage: str, chance: int) -> dict[str, Any]:
    return _view(submission_id, "verification", BEA, ("stage_unlocked", "mail"), stage=stage, chance=chance)


def _membership() -> dict[str, Any]:
    left = {"verified": {"materials": 4}, "trusted": {"materials": 5}}
    stages = [{"stage": stage, "unlocked": stage != "trusted", "chances_left": left.get(stage, {})} for stage in LADDER]
    return {"level": "verified", "stages": stages, "history": [change(VERIFIED, "registered", "verified")]}
