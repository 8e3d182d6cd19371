"""A member puts another file than the one that was looked at, or fills the store: what was inspected is kept, and waiting is metered."""

from datetime import timedelta
from typing import Any

import httpx
import pytest

from config.container import Container
from pipeline.intake.slots import AFTER_EXPIRY, end_slots
from pipeline.intake.uploads import upload_slot
from pipeline.kernel import clock
from pipeline.submission.tables import material, rendition
from pipeline.tasks.rules import FORGET_UPLOADS, INSPECT
from tests.support.bodies import avatar_body, verification_body
from tests.support.desk import Desk
from tests.support.files import digest, photo
from tests.support.http import BROWSER, Api
from tests.support.servers import variant
from tests.support.sessions import Session
from tests.support.together import at_once

JPEG = "image/jpeg"


def asked(length: int = 1000, purpose: str = "avatar") -> dict[str, Any]:
    return {"purpose": purpose, "media_type": JPEG, "length": length}


def slot_for(api: Api, body: bytes, purpose: str = "avatar") -> dict[str, Any]:
    slot: dict[str, Any] = api.post("/v1/uploads", asked(len(body), purpose)).json()
    return slot


def put(slot: dict[str, Any], body: bytes) -> httpx.Response:
    return BROWSER.put(slot["url"], content=body, headers=slot["headers"])


def same_length(body: bytes) -> bytes:
    """Another file that the same link takes."""
    return body[:-1] + bytes([body[-1] ^ 1])


def kept(desk: Desk) -> list[tuple[str, str]]:
    """The hash of each original as it lies in the store, and as it was recorded."""
    storage = desk.tools.storage
    return [
        (digest(storage.read(storage.uploads, row.upload_key) or b""), row.sha256 or "") for row in desk.rows(material)
    ]


def limited(tools: Container, **upload: int) -> Container:
    rules = tools.policy.upload.model_copy(update=upload)
    return variant(tools, policy=tools.policy.model_copy(update={"upload": rules}))


def step(desk: Desk, name: str) -> None:
    match name:
        case "inspected":
            desk.inspect()
        case "forgotten":
            desk.run_due(FORGET_UPLOADS)
        case "decided":
            desk.approve()
            desk.run_due()


def forced(desk: Desk, key: str, body: bytes) -> None:
    """A late PUT into a store that does not know the condition."""
    desk.tools.storage.put_upload(key, body, media_type=JPEG)


def test_the_second_put_into_a_slot_is_refused_before_it_is_inspected(api: Api, desk: Desk) -> None:
    body = photo()
    slot = slot_for(api, body)
    assert put(slot, body).status_code == 200
    api.submit(avatar_body(slot["key"]))

    assert put(slot, same_length(body)).status_code == 412

    desk.inspect()
    assert kept(desk) == [(digest(body), digest(body))]


def test_the_condition_cannot_be_left_out_or_changed(api: Api, tools: Container) -> None:
    body = photo()
    slot = slot_for(api, body)
    put(slot, body)
    without = {name: value for name, value in slot["headers"].items() if name != "If-None-Match"}

    answers = [
        BROWSER.put(slot["url"], content=same_length(body), headers=headers).status_code
        for headers in (without, {**without, "If-None-Match": '"another"'}, {**without, "If-Match": "*"})
    ]

    assert answers == [403, 403, 403]
    assert tools.storage.read(tools.storage.uploads, slot["key"]) == body


def test_of_many_puts_at_once_one_is_kept(api: Api, tools: Container) -> None:
    body = photo()
    slot = slot_for(api, body)
    bodies = [body, same_length(body)] * 2

    answers, _ = at_once(4, lambda number: (put(slot, bodies[number]).status_code, bodies[number]))

    taken = [each for status, each in answers if status == 200]
    assert len(taken) == 1
    assert {status for status, _ in answers} <= {200, 409, 412}
    assert tools.storage.read(tools.storage.uploads, slot["key"]) == taken[0]


@pytest.mark.parametrize("moment", ["inspected", "forgotten", "decided"])
def test_a_late_put_changes_nothing_of_what_was_inspected(api: Api, desk: Desk, moment: str) -> None:
    body = photo()
    slot = slot_for(api, body)
    put(slot, body)
    api.submit(avatar_body(slot["key"]))
    for name in ("inspected", "forgotten", "decided"):
        step(desk, name)
        if name == moment:
            forced(desk, slot["key"], same_length(body))
    shown = {row.sha256 for row in desk.rows(rendition)}

    end_slots(
        now=clock.now() + timedelta(hours=1),
        db=desk.tools.db,
        delete_unneeded=desk.tools.deletions,
        rules=desk.tools.policy.upload,
    )

    assert kept(desk) == [(digest(body), digest(body))]
    assert desk.keys(desk.tools.storage.uploads) == [row.upload_key for row in desk.rows(material)]
    assert desk.avatar().sha256 in shown


def test_a_put_with_the_members_own_link_after_inspection_reaches_no_original(api: Api, desk: Desk) -> None:
    body = photo()
    slot = slot_for(api, body)
    put(slot, body)
    api.submit(avatar_body(slot["key"]))
    desk.run_due(INSPECT, FORGET_UPLOADS)

    put(slot, same_length(body))

    assert kept(desk) == [(digest(body), digest(body))]
    (row,) = desk.rows(material)
    assert row.given_key == slot["key"]
    assert (
        BROWSER.put(slot["url"].replace(slot["key"], row.upload_key), content=body, headers=slot["headers"]).status_code
        == 403
    )


def test_a_late_put_gives_nothing_to_a_second_submission(api: Api, desk: Desk) -> None:
    body = photo()
    slot = slot_for(api, body)
    put(slot, body)
    api.submit(avatar_body(slot["key"]), once="first")
    desk.run_due(INSPECT, FORGET_UPLOADS)
    put(slot, same_length(body))

    again = api.submit(avatar_body(slot["key"], member_id="m-2"), once="second")

    assert again.status_code == 422
    assert [each["code"] for each in again.json()["errors"]] == ["upload_used"]


def test_two_submissions_at_once_do_not_both_use_a_slot(api: Api, desk: Desk) -> None:
    body = photo()
    slot = slot_for(api, body)
    put(slot, body)

    answers, _ = at_once(
        3, lambda number: api.submit(avatar_body(slot["key"], member_id=f"m-{number}"), once=str(number)).status_code
    )

    assert sorted(answers) == [202, 422, 422]
    assert len(desk.rows(material)) == 1


def test_an_upstream_service_that_overwrites_its_own_file_changes_no_original(desk: Desk) -> None:
    body = photo()
    key = desk.upload(body)
    desk.accept(verification_body({"bank_statement": key}))
    desk.inspect()
    forced(desk, key, same_length(body))

    desk.run_due(FORGET_UPLOADS)

    assert kept(desk) == [(digest(body), digest(body))]


def test_a_file_that_another_submission_names_is_there_for_it(desk: Desk) -> None:
    key = desk.upload(photo())
    desk.accept(avatar_body(key, member_id="m-1"))
    desk.accept(avatar_body(key, member_id="m-2"))

    desk.run_due()

    assert len({original for original, _ in kept(desk)}) == 1
    assert desk.sql("SELECT DISTINCT state FROM submission") == [("in_review",)]
    assert key not in desk.keys(desk.tools.storage.uploads)


def test_a_members_slots_are_counted_over_all_of_their_sessions(desk: Desk, api: Api) -> None:
    small = api.over(limited(desk.tools, member_slots=3))
    first, second = Session(small), Session(small)

    answers = [
        session.post("/v1/uploads", asked(), once=str(number))
        for number, session in enumerate([first, second, first, second])
    ]

    assert [each.status_code for each in answers] == [201, 201, 201, 429]
    assert answers[-1].json()["code"] == "too_many_uploads"
    assert int(answers[-1].headers["Retry-After"]) > 3600
    assert Session(small, "m-2").post("/v1/uploads", asked()).status_code == 201


def test_a_members_bytes_are_counted_too(desk: Desk, api: Api) -> None:
    small = api.over(limited(desk.tools, member_bytes=2500))
    session = Session(small)

    answers = [
        session.post("/v1/uploads", asked(length), once=str(number)).status_code
        for number, length in enumerate([1000, 1000, 501, 500])
    ]

    assert answers == [201, 201, 429, 201]


def test_many_at_once_get_no_more_than_there_is_room_for(desk: Desk, api: Api) -> None:
    small = api.over(limited(desk.tools, member_slots=3))
    session = Session(small)

    answers, _ = at_once(8, lambda number: session.post("/v1/uploads", asked(), once=str(number)).status_code)

    assert sorted(answers) == [201] * 3 + [429] * 5
    assert len(desk.rows(upload_slot)) == 3


def test_a_key_is_metered_by_itself_and_a_repeated_request_is_no_new_slot(desk: Desk, api: Api) -> None:
    small = api.over(limited(desk.tools, key_slots=1))

    answers = [small.post("/v1/uploads", asked(), once=each).status_code for each in ("a", "a", "b")]

    assert answers == [201, 201, 429]


def test_what_was_submitted_waits_no_more(desk: Desk, api: Api) -> None:
    small = api.over(limited(desk.tools, key_slots=1))
    slot = small.post("/v1/uploads", asked()).json()
    assert small.post("/v1/uploads", asked()).status_code == 429

    api.submit(avatar_body(slot["key"]))

    assert small.post("/v1/uploads", asked()).status_code == 201


def test_an_unused_slot_ends_with_its_file_and_makes_room(api: Api, desk: Desk) -> None:
    small = api.over(limited(desk.tools, key_slots=1))
    body = photo()
    slot = small.post("/v1/uploads", asked(len(body))).json()
    put(slot, body)
    rules, tools = desk.tools.policy.upload, desk.tools
    over = timedelta(hours=rules.unused_hours)

    early = end_slots(now=clock.now() + over - AFTER_EXPIRY, db=tools.db, delete_unneeded=tools.deletions, rules=rules)
    ended = end_slots(now=clock.now() + over, db=tools.db, delete_unneeded=tools.deletions, rules=rules)

    assert (early, ended) == (0, 1)
    assert desk.keys(tools.storage.uploads) == []
    assert small.post("/v1/uploads", asked()).status_code == 201
    assert api.submit(avatar_body(slot["key"])).status_code == 202  # it is no slot any more; inspection finds no file
    desk.inspect()
    assert desk.sql("SELECT state FROM submission") == [("refused",)]


def test_a_slot_whose_end_was_cut_off_is_not_taken_and_ends_at_the_next_time(api: Api, desk: Desk) -> None:
    slot = slot_for(api, photo())
    desk.sql("UPDATE upload_slot SET ended_at = now()")

    refused = api.submit(avatar_body(slot["key"]))
    end_slots(now=clock.now(), db=desk.tools.db, delete_unneeded=desk.tools.deletions, rules=desk.tools.policy.upload)

    assert refused.status_code == 422
    assert desk.rows(upload_slot) == []


def test_the_links_of_slots_are_not_kept(api: Api, desk: Desk) -> None:
    slot = api.post("/v1/uploads", asked(), once="once").json()

    signature = slot["url"].partition("X-Amz-Signature=")[2][:64]

    answers = [str(row.answer) for row in desk.sql("SELECT answer FROM idempotency")]
    assert slot["key"] in answers[0]
    assert len(signature) == 64
    assert signature not in answers[0]
