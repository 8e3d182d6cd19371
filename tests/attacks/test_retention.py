"""Each kind of data has its end, in every state in which a submission can end."""

import pytest

from pipeline.inspection.fingerprints import fingerprint
from pipeline.intake.accept import withdraw
from pipeline.intake.parked import QueueMessage, accept_message
from pipeline.kernel import clock
from pipeline.notification.tables import mail
from pipeline.submission.tables import decision, material, rendition, submission
from pipeline.tasks.rules import EXPIRE_CODE
from tests.support.bodies import avatar_body
from tests.support.desk import Desk
from tests.support.erasing import retain_in
from tests.support.files import photo
from tests.support.methods import sent

TEN_YEARS = 3653


def ended(desk: Desk, state: str) -> None:
    """A verification with a file that ended in this state."""
    waiting = desk.submit_verification(body=photo()[:-100] if state == "refused" else None)
    desk.inspect()
    if state == "withdrawn":
        withdraw(waiting, caller="test", db=desk.tools.db)
    elif state in {"approved", "rejected"}:
        (desk.approve if state == "approved" else desk.reject)(note="Looks real", message="Thank you")
    desk.run_due()
    assert desk.state(waiting) == state


@pytest.mark.parametrize("state", ["approved", "rejected", "refused", "withdrawn"])
def test_ten_years_later_nothing_of_a_submission_is_there_but_its_counts(desk: Desk, state: str) -> None:
    ended(desk, state)

    retain_in(desk, TEN_YEARS)

    storage = desk.tools.storage
    assert (desk.keys(storage.uploads), desk.keys(storage.vault), desk.rows(rendition)) == ([], [], [])
    assert desk.rows(fingerprint) == []
    assert {(row.recipient, row.text, row.html) for row in desk.rows(mail)} <= {("", "", "")}
    assert {(row.note, row.message, str(row.facts)) for row in desk.rows(decision)} <= {(None, None, "{}")}
    assert {(row.filename, row.signals) for row in desk.rows(material)} == {(None, None)}
    assert [(row.state, row.form) for row in desk.rows(submission)] == [(state, {})]


@pytest.mark.parametrize("state", ["approved", "rejected", "refused", "withdrawn"])
def test_one_day_before_its_end_a_kind_is_there_and_one_day_after_it_is_gone(desk: Desk, state: str) -> None:
    ended(desk, state)
    days = desk.tools.policy.retention.renditions[state]
    pages = desk.keys(desk.tools.storage.vault)

    retain_in(desk, days - 1)
    kept = desk.keys(desk.tools.storage.vault)
    retain_in(desk, days + 1)

    assert kept == pages
    assert desk.keys(desk.tools.storage.vault) == []


def test_what_is_open_stays_however_long_it_takes(desk: Desk) -> None:
    desk.submit_verification()
    desk.inspect()
    before = (desk.keys(desk.tools.storage.uploads), desk.keys(desk.tools.storage.vault), desk.rows(submission))

    retain_in(desk, TEN_YEARS)

    assert (desk.keys(desk.tools.storage.uploads), desk.keys(desk.tools.storage.vault), desk.rows(submission)) == before


def test_an_avatar_that_is_shown_keeps_its_pages(desk: Desk) -> None:
    desk.submit_avatar()
    desk.inspect()
    desk.approve()
    desk.run_due()

    retain_in(desk, TEN_YEARS)

    assert len(desk.keys(desk.tools.storage.vault)) == 2
    assert desk.avatar().large_url is not None


def test_a_file_that_another_submission_still_needs_stays(desk: Desk) -> None:
    key = desk.upload(photo())
    first = desk.accept(avatar_body(key)).id
    withdraw(first, caller="test", db=desk.tools.db)
    desk.accept(avatar_body(key))

    retain_in(desk, TEN_YEARS)

    assert desk.keys(desk.tools.storage.uploads) == [key]


def test_the_address_of_the_latest_submission_stays_for_the_next_mail(desk: Desk) -> None:
    ended(desk, "rejected")
    ended(desk, "rejected")

    retain_in(desk, TEN_YEARS)

    first, latest = desk.rows(submission)
    assert (first.member["email"], latest.member["email"]) == ("", "ada@shop.example.com")


def test_a_message_that_nobody_could_accept_is_forgotten(desk: Desk) -> None:
    message = QueueMessage({**avatar_body(), "kind": "portrait"}, "k", "t")
    assert accept_message(message, now=clock.now(), context=desk.tools.intake) is None
    days = desk.tools.policy.retention.parked_messages

    retain_in(desk, days - 1)
    kept = len(desk.parked())
    retain_in(desk, days + 1)

    assert (kept, desk.parked()) == (1, [])


def test_a_business_address_goes_with_the_facts(desk: Desk) -> None:
    asked = sent(desk)
    desk.sql("UPDATE business_email SET code_expires_at = now() - interval '1 second'")
    desk.let_backoff_pass()
    desk.run_due(EXPIRE_CODE)

    retain_in(desk, TEN_YEARS)

    assert desk.state(asked.id) == "expired"
    assert desk.sql("SELECT * FROM business_email") == []
