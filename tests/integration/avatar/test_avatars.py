from collections.abc import Callable
from uuid import UUID

import pytest

from config.container import Container
from pipeline.avatar.tables import avatar
from pipeline.submission.tables import rendition
from pipeline.tasks.rules import PUBLISH_AVATAR
from tests.support.bodies import avatar_body
from tests.support.desk import Desk
from tests.support.files import digest, photo
from tests.support.http import Api


def published(desk: Desk, member_id: str = "m-1", *, body: bytes | None = None) -> UUID:
    submission = desk.submit_avatar(member_id, body=body)
    desk.inspect()
    desk.approve()
    desk.run_due()
    return submission


def public_keys(desk: Desk) -> list[str]:
    return desk.keys(desk.tools.storage.public)


def test_an_approved_avatar_is_public_in_both_sizes(desk: Desk, api: Api) -> None:
    submission = published(desk)

    shown = desk.avatar()
    assert shown.submission_id == submission
    assert len(public_keys(desk)) == 2
    assert shown.large_url is not None
    key = shown.large_url.removeprefix("https://cdn.example.com/")
    body = desk.tools.storage.read(desk.tools.storage.public, key)
    assert body is not None
    assert digest(body) == shown.sha256
    served = api.call("GET", f"/public/{key}", key=None)
    assert (served.status_code, served.content) == (200, body)
    assert served.headers["Cache-Control"] == "public, max-age=3600"
    assert served.headers["X-Content-Type-Options"] == "nosniff"


def test_a_member_without_an_avatar_has_none(api: Api) -> None:
    shown = api.get("/v1/members/m-1/avatar").json()

    assert (shown["large_url"], shown["small_url"], shown["published_at"]) == (None, None, None)


def test_a_rejected_avatar_changes_nothing_that_is_public(desk: Desk) -> None:
    first = published(desk)
    desk.submit_avatar()
    desk.inspect()
    desk.reject()

    desk.run_due()

    assert desk.avatar().submission_id == first
    assert len(public_keys(desk)) == 2


def test_what_was_replaced_is_no_longer_public(desk: Desk, api: Api) -> None:
    published(desk)
    old = public_keys(desk)

    published(desk)

    assert set(public_keys(desk)).isdisjoint(old)
    assert len(public_keys(desk)) == 2
    assert api.call("GET", f"/public/{old[0]}", key=None).status_code == 404


def test_another_member_with_the_same_picture_keeps_theirs(desk: Desk) -> None:
    same = photo()
    published(desk, "m-1", body=same)
    other = published(desk, "m-2", body=same)

    published(desk, "m-1")

    theirs = desk.avatar("m-2")
    assert theirs.submission_id == other
    assert theirs.large_url is not None
    assert theirs.large_url.removeprefix("https://cdn.example.com/") in public_keys(desk)


def test_what_is_published_is_what_was_looked_at_not_what_was_uploaded_since(desk: Desk) -> None:
    key = desk.upload(photo())
    submission = desk.accept(avatar_body(key)).id
    desk.inspect()
    desk.tools.storage.put_upload(key, photo(), media_type="image/jpeg")
    desk.approve()

    desk.run_due()

    seen = {row.sha256 for row in desk.rows(rendition)}
    assert {key.split("/")[2].partition("-")[0] for key in public_keys(desk)} == seen
    assert desk.avatar().submission_id == submission


def _exchange(tools: Container, key: str) -> None:
    tools.storage.put_vault(key, photo(), media_type="image/jpeg")


def _remove(tools: Container, key: str) -> None:
    tools.storage.delete(tools.storage.vault, key)


@pytest.mark.parametrize("meddle", [_exchange, _remove])
def test_a_rendition_that_is_not_what_was_approved_is_not_published(
    desk: Desk, meddle: Callable[[Container, str], None]
) -> None:
    submission = desk.submit_avatar()
    desk.inspect()
    desk.approve()
    meddle(desk.tools, desk.rows(rendition)[0].key)

    desk.run_due()

    assert desk.parked()[0].startswith("RenditionChanged: ")
    assert desk.rows(avatar) == []
    assert desk.mails() == []
    assert [each.state for each in desk.submission(submission).effects] == ["pending", "pending"]


def test_an_avatar_is_published_once_however_often_it_is_tried(desk: Desk) -> None:
    published(desk)
    (row,) = desk.tasks(PUBLISH_AVATAR)
    before = desk.avatar()
    desk.sql("UPDATE task SET state = 'ready' WHERE id = :id", id=row.id)

    desk.run_due()

    assert desk.avatar() == before
    assert len(desk.mails()) == 1
    assert len(public_keys(desk)) == 2


def test_an_avatar_that_was_replaced_later_was_published_all_the_same(desk: Desk) -> None:
    first = published(desk)
    at = desk.submission(first).effects[0]
    assert (at.name, at.state) == ("avatar_published", "done")

    published(desk)

    assert [(each.name, each.state) for each in desk.submission(first).effects] == [
        ("avatar_published", "done"),
        ("mail", "sent"),
    ]


def test_the_reviewer_sees_the_present_avatar_beside_the_new_one(desk: Desk, api: Api) -> None:
    published(desk)
    desk.submit_avatar()
    desk.inspect()

    case = api.post("/v1/review/claims", {}).json()

    shown = api.get("/v1/members/m-1/avatar").json()
    assert digest(api.look(case["current_avatar_url"]).content) == shown["sha256"]
    assert case["earlier"][0]["verdict"] == "approve"
