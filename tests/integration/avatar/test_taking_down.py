"""A public avatar is taken down: nobody gets it any more, a CDN is told, and no older picture comes back."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

import pytest

from config.container import Container
from pipeline.avatar.purge import CdnUnavailable
from pipeline.events.tables import event
from pipeline.submission.audit import audit
from pipeline.tasks.rules import INSPECT, PUBLISH_AVATAR, REMOVE_AVATAR
from tests.support.desk import Desk
from tests.support.http import Api
from tests.support.servers import variant

PATH: Final = "/v1/members/m-1/avatar"


class Cdn:
    """The hook of a CDN, which may be away."""

    def __init__(self) -> None:
        self.forgot: list[str] = []
        self.away = False

    def __call__(self, urls: Sequence[str]) -> None:
        if self.away:
            raise CdnUnavailable("away")
        self.forgot += urls


@pytest.fixture
def cdn() -> Cdn:
    return Cdn()


@pytest.fixture
def desk(tools: Container, cdn: Cdn) -> Desk:
    told = variant(tools)
    told.__dict__["purge"] = cdn
    return Desk(told)


def shown(desk: Desk) -> UUID:
    """An avatar that was approved and published."""
    submission = desk.submit_avatar()
    desk.run_due(INSPECT)
    desk.approve()
    desk.run_due()
    return submission


def take_down(api: Api) -> int:
    return api.call("DELETE", PATH, key=api.submit_key).status_code


def test_it_is_gone_from_the_page_the_store_and_the_cdn(desk: Desk, api: Api, cdn: Cdn) -> None:
    submission = shown(desk)
    urls = [api.get(PATH).json()[name] for name in ("large_url", "small_url")]

    assert take_down(api) == 204
    assert desk.keys(desk.tools.storage.public) == []  # at once
    desk.run_due()

    assert api.get(PATH).json()["large_url"] is None
    assert sorted(cdn.forgot) == sorted(urls)
    assert desk.history(submission)[-1] == "avatar.taken_down"
    (told,) = [row.data for row in desk.rows(event) if row.type == "avatar.removed"]
    assert (told["member_id"], told["submission_id"]) == ("m-1", str(submission))


def test_a_member_without_one_is_fine_and_nothing_is_recorded(desk: Desk, api: Api) -> None:
    assert (take_down(api), take_down(api)) == (204, 204)
    assert [row for row in desk.rows(audit) if row.event == "avatar.taken_down"] == []


def test_a_cdn_that_is_away_is_told_later(desk: Desk, api: Api, cdn: Cdn) -> None:
    shown(desk)
    cdn.away = True
    take_down(api)
    desk.run_due(REMOVE_AVATAR)
    before = list(cdn.forgot)

    cdn.away = False
    desk.let_backoff_pass()
    desk.run_due(REMOVE_AVATAR)

    assert (before, len(cdn.forgot)) == ([], 2)


def test_a_picture_that_was_replaced_is_forgotten_too(desk: Desk, cdn: Cdn) -> None:
    first = shown(desk)
    shown(desk)

    assert {str(first) in each for each in cdn.forgot} == {True}


def test_an_older_picture_does_not_come_back_and_a_later_one_is_published(desk: Desk, api: Api) -> None:
    desk.submit_avatar()
    desk.run_due(INSPECT)
    desk.approve()
    (late,) = desk.tasks(PUBLISH_AVATAR)
    desk.sql("UPDATE task SET due_at = now() + interval '1 hour' WHERE id = :id", id=late.id)
    shown(desk)
    take_down(api)

    desk.sql("UPDATE task SET due_at = now() WHERE id = :id", id=late.id)
    desk.run_due()
    older = api.get(PATH).json()["large_url"]
    newest = shown(desk)

    assert older is None
    assert api.get(PATH).json()["submission_id"] == str(newest)
