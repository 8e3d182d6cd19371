"""While a hold lasts nothing of the member is swept or erased, and everything goes on by itself when it ends."""

from datetime import timedelta

import pytest

from pipeline.intake.accept import withdraw
from pipeline.kernel import clock
from pipeline.submission.audit import audit
from pipeline.submission.presence import held_row
from tests.support.desk import Desk
from tests.support.erasing import Eraser, retain_in
from tests.support.http import Api

TEN_YEARS = 3653


@pytest.fixture
def eraser(desk: Desk, api: Api) -> Eraser:
    return Eraser(desk, api)


def everything(desk: Desk) -> tuple[list[str], list[str], int]:
    storage = desk.tools.storage
    return desk.keys(storage.uploads), desk.keys(storage.vault), len(desk.sql("SELECT * FROM rendition"))


def withdrawn(desk: Desk, member_id: str = "m-1") -> None:
    submission_id = desk.submit_verification(member_id)
    desk.inspect()
    withdraw(submission_id, caller="test", db=desk.tools.db)


def test_a_sweep_passes_over_a_held_member_and_no_other(desk: Desk, eraser: Eraser) -> None:
    withdrawn(desk)
    before = everything(desk)
    withdrawn(desk, "m-2")
    eraser.hold()

    retain_in(desk, TEN_YEARS)

    assert everything(desk) == before
    assert desk.sql("SELECT DISTINCT member_id FROM fingerprint") == [("m-1",)]


def test_a_held_member_is_hidden_and_kept_until_somebody_ends_the_hold(desk: Desk, api: Api, eraser: Eraser) -> None:
    withdrawn(desk)
    files = everything(desk)[:2]
    eraser.hold()

    eraser.erase()
    eraser.to_the_end()
    retain_in(desk, 1)
    seen, kept = eraser.progress(), everything(desk)[:2]
    shown = api.get("/v1/submissions", member_id="m-1").json()["items"]
    archive = {row.place for row in desk.rows(held_row)}
    eraser.release()
    eraser.to_the_end()

    assert (seen["state"], shown, kept) == ("held", [], files)
    assert {"submission", "rendition", "material", "fingerprint"} <= archive
    assert eraser.progress()["state"] == "finished"
    assert (everything(desk), desk.rows(held_row)) == (([], [], 0), [])


def test_a_hold_that_ends_by_its_time_lets_the_erasure_go_on_by_itself(desk: Desk, eraser: Eraser) -> None:
    withdrawn(desk)
    eraser.hold(until=(clock.now() + timedelta(days=1)).isoformat())
    eraser.erase()
    eraser.to_the_end()
    before = eraser.progress()["state"]

    desk.sql("UPDATE member_hold SET until = now() - interval '1 second'")
    retain_in(desk, 0)
    eraser.to_the_end()

    assert (before, eraser.progress()["state"]) == ("held", "finished")
    assert desk.sql("SELECT * FROM member_hold") == []


def test_a_hold_that_comes_after_the_request_stops_what_is_left(desk: Desk, eraser: Eraser) -> None:
    withdrawn(desk)
    files = everything(desk)[:2]
    eraser.erase()

    eraser.hold()
    eraser.to_the_end()

    assert (eraser.progress()["state"], everything(desk)[:2]) == ("held", files)


def test_a_hold_is_in_the_history_without_its_member_and_its_reason(desk: Desk, eraser: Eraser) -> None:
    eraser.hold()
    eraser.release()

    rows = [row for row in desk.rows(audit) if row.event.startswith("hold.")]
    assert [(row.event, row.actor) for row in rows] == [
        ("hold.placed", "privacy office"),
        ("hold.ended", "privacy office"),
    ]
    assert not any("m-1" in str(row.detail) or "court" in str(row.detail) for row in rows)


def test_a_hold_in_the_past_is_refused(eraser: Eraser) -> None:
    body = {"reason": "Too late", "until": "2020-01-01T00:00:00Z"}

    assert eraser.call("PUT", "/v1/members/m-1/hold", json=body).status_code == 422
    assert eraser.call("DELETE", "/v1/members/m-1/hold").status_code == 404
