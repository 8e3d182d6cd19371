"""Each judge of a run of chaos charges what it is there for: sound evidence, with one thing wrong in it."""

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from tests.chaos.evidence import Evidence
from tests.chaos.judges import JUDGES, Judge, judged, resent
from tests.chaos.judges.erasures import Erasures
from tests.chaos.judges.events import EventsOfSubmissions, Spends, ToldInOrder, ToldOfEach
from tests.chaos.judges.mails import Mails, MessageIds
from tests.chaos.judges.membership import Chances, LevelCauses, Levels, LevelSteps
from tests.chaos.judges.objects import Avatars, Objects, Orphans
from tests.chaos.judges.submissions import Acceptances, Decisions, Ends
from tests.chaos.judges.tasks import REPEATS_PER_FAULT, Attempts, Parked, Unfinished
from tests.chaos.listener import Telling
from tests.support.sound_run import (
    ADA,
    ANOTHER,
    AVATAR,
    REFUSED,
    VERIFIED,
    approved_too,
    change,
    evidence,
    mail,
    task,
    with_bucket,
    with_journal,
    with_membership,
    with_view,
)

Damage = Callable[[Evidence], Evidence]
PENDING = [{"name": "avatar_published", "state": "done"}, {"name": "mail", "state": "sending"}]
WITHDRAWN = [{"name": "avatar_published", "state": "done"}, {"name": "mail", "state": "withdrawn"}]
WITHOUT_MAIL = [{"name": "avatar_published", "state": "done"}]
OTHER_DECISION = {"id": "d-other", "verdict": "approve", "decided_at": "2026-11-02T10:00:00Z"}
REJECTION = {"id": f"d-{AVATAR}", "verdict": "reject", "decided_at": "2026-11-02T10:00:00Z"}
STEP = change(VERIFIED, "registered", "verified")


def with_mails(submission_id: str, *mails: Any) -> Damage:
    return lambda sound: replace(sound, mails={**sound.mails, submission_id: list(mails)})


def with_tasks(*tasks: Any) -> Damage:
    return lambda sound: replace(sound, tasks=tasks)


def with_step(*history: Any) -> Damage:
    return lambda sound: with_membership(sound, history=list(history))


def shown_with(submission_id: str | None) -> Damage:
    shown = {"submission_id": submission_id, "large_url": "large", "small_url": "small"}
    return lambda sound: replace(sound, avatars={ADA: shown})


WRONG: list[tuple[str, type[Judge], str, Damage]] = [
    ("not erased", Erasures, "mismatches", lambda sound: replace(sound, leftovers=["3 rows of mail"])),
    ("unknown", Ends, "lost", lambda sound: replace(sound, views={**sound.views, AVATAR: {}})),
    ("stuck", Ends, "lost", lambda sound: with_view(sound, AVATAR, state="in_review")),
    ("mail not sent yet", Ends, "lost", lambda sound: with_view(sound, AVATAR, effects=PENDING)),
    ("no mail due", Ends, "lost", lambda sound: with_view(sound, AVATAR, effects=WITHOUT_MAIL)),
    ("moved after its end", Ends, "mismatches", lambda sound: with_view(sound, REFUSED, state="rejected")),
    ("accepted under two ids", Acceptances, "twice", lambda sound: with_journal(sound, twice=["a and b"])),
    ("a client in trouble", Acceptances, "mismatches", lambda sound: with_journal(sound, trouble=["no answer"])),
    (
        "accepted and never told",
        Acceptances,
        "twice",
        lambda sound: with_journal(sound, accepted={"errand": AVATAR, "other": VERIFIED}),
    ),
    (
        "decided twice",
        Decisions,
        "twice",
        lambda sound: with_journal(sound, decisions=[*sound.journal.decisions, sound.journal.decisions[0]]),
    ),
    ("another decision stands", Decisions, "lost", lambda sound: with_view(sound, AVATAR, decision=OTHER_DECISION)),
    ("a decision without effect", Decisions, "lost", lambda sound: with_view(sound, AVATAR, state="rejected")),
    ("a verdict nobody gave", Decisions, "mismatches", lambda sound: with_view(sound, AVATAR, decision=REJECTION)),
    ("no mail", Mails, "lost", with_mails(AVATAR)),
    ("two mails", Mails, "twice", with_mails(AVATAR, mail(AVATAR), mail(AVATAR, message_id="<other>"))),
    ("a mail about what was overtaken", Mails, "twice", lambda sound: with_view(sound, AVATAR, state="superseded")),
    (
        "a mail that was withdrawn for nothing",
        Mails,
        "lost",
        lambda sound: with_mails(AVATAR)(with_view(sound, AVATAR, effects=WITHDRAWN)),
    ),
    ("a mail about nothing", Mails, "mismatches", with_mails("nothing", mail("nothing"))),
    (
        "one Message-ID for two results",
        MessageIds,
        "mismatches",
        with_mails(REFUSED, mail(REFUSED, message_id=f"<{AVATAR}>")),
    ),
    (
        "a resend that says something else",
        MessageIds,
        "mismatches",
        with_mails(AVATAR, mail(AVATAR), mail(AVATAR, text="It was not looked at.")),
    ),
    ("a stage that was not approved", Levels, "mismatches", lambda sound: with_view(sound, VERIFIED, state="rejected")),
    ("a level too high", Levels, "mismatches", lambda sound: with_membership(sound, level="trusted")),
    ("a level reached twice", LevelSteps, "twice", with_step(STEP, STEP)),
    ("a gap in the levels", LevelSteps, "mismatches", with_step(change(VERIFIED, "trusted", "verified"))),
    ("a level without its change", LevelSteps, "mismatches", with_step()),
    ("one approval, two changes", LevelCauses, "twice", with_step(STEP, change(VERIFIED, "verified", "trusted"))),
    ("a change nobody caused", LevelCauses, "mismatches", with_step(change("nobody", "registered", "verified"))),
    ("an approval without a change", LevelCauses, "lost", with_step()),
    (
        "an approval of a higher stage without a change",
        LevelCauses,
        "lost",
        lambda sound: approved_too(sound, ANOTHER, "trusted"),
    ),
    ("a chance held twice", Chances, "twice", lambda sound: approved_too(sound, ANOTHER, "verified")),
    ("a chance too many told", Chances, "mismatches", lambda sound: with_view(sound, VERIFIED, stage="trusted")),
    ("an outdated avatar", Avatars, "mismatches", shown_with(REFUSED)),
    ("an avatar that is not shown", Avatars, "mismatches", shown_with(None)),
    ("a picture under a wrong hash", Avatars, "mismatches", lambda sound: replace(sound, pictures={ADA: ["hash"]})),
    (
        "an orphan in the vault",
        Orphans,
        "mismatches",
        lambda sound: with_bucket(sound, "vault", present=["page", "left"], named=["page"]),
    ),
    (
        "a picture nobody shows",
        Orphans,
        "mismatches",
        lambda sound: with_bucket(sound, "public", present=["large", "left"], named=["large"]),
    ),
    ("a page is gone", Objects, "lost", lambda sound: with_bucket(sound, "vault", present=[], named=["page"])),
    ("an original is gone", Objects, "lost", lambda sound: with_bucket(sound, "uploads", present=[], named=["given"])),
    ("a parked task", Parked, "mismatches", with_tasks(task(AVATAR, state="parked"))),
    ("a task left running", Unfinished, "lost", with_tasks(task(AVATAR, state="running"))),
    ("a task never begun", Unfinished, "lost", with_tasks(task(AVATAR, state="ready", attempts=0))),
    ("a task tried too often", Attempts, "mismatches", with_tasks(task(AVATAR, attempts=21))),
    (
        "more tries than faults explain",
        Attempts,
        "mismatches",
        with_tasks(*(task(f"ref-{n}", attempts=2) for n in range(REPEATS_PER_FAULT + 1))),
    ),
    ("an event that nobody was told of", ToldOfEach, "lost", lambda sound: replace(sound, told=sound.told[1:])),
    (
        "told of what was taken back",
        ToldOfEach,
        "mismatches",
        lambda sound: replace(sound, told=[*sound.told, Telling("never", "submission.approved", ADA, 9.0)]),
    ),
    ("told out of order", ToldInOrder, "mismatches", lambda sound: replace(sound, told=sound.told[::-1])),
    (
        "received twice",
        EventsOfSubmissions,
        "twice",
        lambda sound: replace(sound, events=[*sound.events, sound.events[0]._replace(event_id="again")]),
    ),
    (
        "no event of its receipt",
        EventsOfSubmissions,
        "lost",
        lambda sound: replace(sound, events=sound.events[1:]),
    ),
    (
        "an event of another end",
        EventsOfSubmissions,
        "mismatches",
        lambda sound: replace(sound, events=[each._replace(type="submission.received") for each in sound.events]),
    ),
    ("an order counted twice", Spends, "mismatches", lambda sound: replace(sound, counted={ADA: Decimal(25)})),
    ("an order not counted", Spends, "mismatches", lambda sound: replace(sound, counted={})),
]
"""What is wrong, the judge whose matter it is, the charge, and how the evidence came to show it."""


def test_sound_evidence_is_charged_by_nobody() -> None:
    assert judged(evidence()) == {"lost": [], "twice": [], "mismatches": []}


@pytest.mark.parametrize(
    ("judge", "charge", "damage"), [case[1:] for case in WRONG], ids=[case[0].replace(" ", "_") for case in WRONG]
)
def test_what_is_wrong_is_charged_by_its_judge(judge: type[Judge], charge: str, damage: Damage) -> None:
    assert charge in [charged for charged, _ in judge().charges(damage(evidence()))]


def test_every_judge_is_shown_something_wrong() -> None:
    assert set(JUDGES) == {case[1] for case in WRONG}


def test_a_result_that_another_one_of_the_stage_stands_for_is_not_told() -> None:
    twice = approved_too(evidence(), ANOTHER, "verified")
    unlocked = [{"name": "stage_unlocked", "state": "done"}, {"name": "mail", "state": "withdrawn"}]

    withdrawn = with_mails(ANOTHER)(with_view(twice, ANOTHER, effects=unlocked))

    assert list(Mails().charges(withdrawn)) == list(Ends().charges(withdrawn)) == []


def test_what_was_told_again_after_later_events_is_in_order() -> None:
    again = replace(evidence(), told=[*evidence().told, evidence().told[0]])

    assert judged(again) == {"lost": [], "twice": [], "mismatches": []}


def test_a_second_approval_of_a_stage_need_not_change_the_level() -> None:
    again = approved_too(evidence(), ANOTHER, "verified")

    assert list(LevelCauses().charges(again)) == []


def test_an_approval_below_the_present_level_need_not_change_it() -> None:
    trusted = with_membership(evidence(), level="trusted", history=[change(ANOTHER, "registered", "trusted")])

    assert list(LevelCauses().charges(approved_too(trusted, ANOTHER, "trusted"))) == []


def test_as_many_tries_as_the_faults_explain_are_not_charged() -> None:
    repeated = with_tasks(*(task(f"ref-{n}", attempts=2) for n in range(REPEATS_PER_FAULT)))

    assert list(Attempts().charges(repeated(evidence()))) == []


def test_a_resend_with_the_same_message_id_is_counted_and_not_charged() -> None:
    again = with_mails(AVATAR, mail(AVATAR), mail(AVATAR))(evidence())

    assert resent(again) == 1
    assert judged(again) == {"lost": [], "twice": [], "mismatches": []}
