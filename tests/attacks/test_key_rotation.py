"""A key that is rotated, has expired or was revoked; what its successor goes on with; and who gets a secret by rotating."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

import pytest

from config.container import Container
from pipeline.access.api_keys import NOTED_EVERY, api_key, create_key, revoke_key
from pipeline.access.key_rotation import KeyRotated, Rotation, Rotator, rotate_key
from pipeline.access.rules.keys import Bounds
from pipeline.access.rules.scopes import Scope
from pipeline.access.staff.rules.roles import Role
from pipeline.kernel.errors import Forbidden, Invalid, NotFound
from pipeline.submission.audit import audit
from pipeline.submission.tables import submission
from tests.support.bodies import avatar_body, member
from tests.support.desk import Desk
from tests.support.http import Api
from tests.support.overlap import held, overlapping
from tests.support.people import signed_in
from tests.support.services import OWN, Service
from tests.support.sessions import opened
from tests.support.together import at_once, until

OPERATOR: Final = Rotator("operator")
SLOT: Final = {"purpose": "avatar", "media_type": "image/jpeg", "length": 1000}
DAY: Final = timedelta(days=1)


@pytest.fixture
def service(api: Api) -> Service:
    return Service(api, *OWN)


def rotated(tools: Container, key_id: UUID, *, overlap: timedelta | None = DAY, by: Rotator = OPERATOR) -> Rotation:
    return rotate_key(key_id, overlap=overlap, by=by, rules=tools.policy.api_keys, db=tools.db)


def successor(service: Service, tools: Container, *, overlap: timedelta = DAY) -> Service:
    made = rotated(tools, service.key_id, overlap=overlap)
    return service.over(made.key_id, made.key)


def code_of(service: Service) -> tuple[int, str | None]:
    answer = service.get("/v1/submissions")
    return answer.status_code, answer.json().get("code")


def live_keys(desk: Desk) -> int:
    return int(
        desk.sql("SELECT count(*) FROM api_key WHERE revoked_at IS NULL AND coalesce(expires_at > now(), true)")[0][0]
    )


# What a successor goes on with


def test_the_same_service_key_and_body_by_a_rotated_key_is_one_submission(
    service: Service, tools: Container, desk: Desk
) -> None:
    first = service.submit(avatar_body(), once="once").json()
    after = successor(service, tools)

    answers = [each.submit(avatar_body(), once="once").json() for each in (after, service, after)]

    assert answers == [first] * 3
    assert len(desk.rows(submission)) == 1


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v1/uploads", SLOT),
        (
            "/v1/events",
            {
                "type": "rfq_quoted",
                "source": "rfq",
                "id": "q",
                "member_id": "m-1",
                "occurred_at": "2026-03-02T10:00:00Z",
            },
        ),
    ],
)
def test_every_idempotency_key_goes_on_with_the_successor(
    service: Service, tools: Container, path: str, body: dict[str, object]
) -> None:
    first = service.post(path, body, once="once").json()

    again = successor(service, tools).post(path, body, once="once").json()

    assert unsigned(again) == unsigned(first)


def unsigned(answer: dict[str, Any]) -> dict[str, Any]:
    """An answer whose link, which is signed anew each time, stands without its signature."""
    return {name: value.partition("?")[0] if name == "url" else value for name, value in answer.items()}


def test_a_successor_sees_what_was_sent_before_and_the_key_before_sees_what_it_sends(
    service: Service, tools: Container
) -> None:
    file = service.post("/v1/uploads", SLOT).json()["key"]
    before = service.submit(avatar_body(member_id="m-1")).json()["id"]
    after = successor(service, tools)

    sent = after.submit(avatar_body(file, member_id="m-2")).json()["id"]

    assert after.get(f"/v1/submissions/{before}").status_code == 200
    assert service.get(f"/v1/submissions/{sent}").status_code == 200


def test_a_successor_may_no_more_and_lasts_no_longer(api: Api, desk: Desk, tools: Container) -> None:
    bounds = Bounds(service="shop", members_prefix="shop-1-", lasts=timedelta(hours=2))
    service = Service(api, Scope.MEMBERS_READ, bounds=bounds)

    made = rotated(tools, service.key_id)

    old, new = sorted(desk.rows(api_key), key=lambda row: row.id)[-2:]
    same = ("name", "service", "scopes", "members_prefix", "reviewer_id", "expires_at")
    assert [getattr(new, name) for name in same] == [getattr(old, name) for name in same]
    assert (new.follows, new.secret_sha256 == old.secret_sha256) == (old.id, False)
    assert made.expires_at == made.previous_valid_until == old.expires_at


# The end of a key


def test_the_key_before_is_valid_until_the_overlap_ends(service: Service, tools: Container, desk: Desk) -> None:
    after = successor(service, tools)
    during = code_of(service)

    desk.sql("UPDATE api_key SET expires_at = now() WHERE id = :id", id=service.key_id)

    assert (during, code_of(service), code_of(after)) == ((200, None), (401, "key_expired"), (200, None))


def test_without_an_overlap_the_key_before_ends_at_once(service: Service, tools: Container) -> None:
    after = successor(service, tools, overlap=timedelta(0))

    assert (code_of(service), code_of(after)) == ((401, "key_expired"), (200, None))


def test_a_revoked_key_says_so_to_whoever_has_its_secret_only(service: Service, desk: Desk) -> None:
    revoke_key(service.key_id, db=desk.tools.db)

    assert code_of(service) == (401, "key_revoked")
    assert code_of(service.over(service.key_id, service.key + "x")) == (401, "unauthenticated")


def test_an_expired_key_says_so_to_whoever_has_its_secret_only(service: Service, desk: Desk) -> None:
    unknown = service.over(service.key_id, f"pd_{service.api.submit_key.split('_')[1]}_x").get("/v1/submissions").json()
    desk.sql("UPDATE api_key SET expires_at = now() - interval '1 second' WHERE id = :id", id=service.key_id)

    guessed = service.over(service.key_id, service.key + "x").get("/v1/submissions").json()

    assert code_of(service) == (401, "key_expired")
    assert guessed == unknown


def test_a_key_that_has_an_end_ends_then(api: Api, desk: Desk) -> None:
    service = Service(api, *OWN, bounds=Bounds(lasts=timedelta(hours=1)))
    before = code_of(service)

    desk.sql("UPDATE api_key SET expires_at = expires_at - interval '1 hour' WHERE id = :id", id=service.key_id)

    assert (before, code_of(service)) == ((200, None), (401, "key_expired"))


@pytest.mark.parametrize("overlap", [timedelta(seconds=-1), timedelta(days=31), timedelta(days=99_999)])
def test_an_overlap_that_is_too_long_or_negative_is_refused(
    service: Service, tools: Container, overlap: timedelta, desk: Desk
) -> None:
    before = live_keys(desk)

    with pytest.raises(Invalid):
        rotated(tools, service.key_id, overlap=overlap)

    assert live_keys(desk) == before


@pytest.mark.parametrize(
    "ended",
    ["UPDATE api_key SET revoked_at = now() WHERE id = :id", "UPDATE api_key SET expires_at = now() WHERE id = :id"],
)
def test_a_key_that_has_ended_comes_back_by_no_rotation(
    service: Service, tools: Container, desk: Desk, ended: str
) -> None:
    desk.sql(ended, id=service.key_id)

    with pytest.raises(NotFound):
        rotated(tools, service.key_id)


# Races


def test_a_key_that_is_rotated_twice_has_one_successor(service: Service, tools: Container) -> None:
    made = rotated(tools, service.key_id)

    with pytest.raises(KeyRotated, match=str(made.key_id)):
        rotated(tools, service.key_id)
    revoke_key(made.key_id, db=tools.db)
    again = rotated(tools, service.key_id)

    assert again.follows == service.key_id


@pytest.mark.parametrize("overlap", [DAY, timedelta(0)])
def test_a_key_that_is_rotated_by_ten_at_once_has_one_successor(
    service: Service, tools: Container, desk: Desk, overlap: timedelta
) -> None:
    made, raised = at_once(10, lambda _: rotated(tools, service.key_id, overlap=overlap))

    assert (len(made), len(raised)) == (1, 9)
    assert {type(error) for error in raised} <= {KeyRotated, NotFound}
    assert len([row for row in desk.rows(api_key) if row.follows == service.key_id]) == 1


def test_a_key_that_is_revoked_while_it_is_being_rotated_is_revoked_and_its_successor_lives(
    service: Service, tools: Container, desk: Desk
) -> None:
    rotate, revoke = _meeting(service, tools)

    made, _ = overlapping(desk, rotate, revoke)

    assert code_of(service) == (401, "key_revoked")
    assert code_of(service.over(made.key_id, made.key)) == (200, None)


def test_a_key_that_is_rotated_while_it_is_being_revoked_gets_no_successor(
    service: Service, tools: Container, desk: Desk
) -> None:
    rotate, revoke = _meeting(service, tools)

    _, refused = overlapping(desk, revoke, rotate)

    assert isinstance(refused, NotFound)
    assert [row.follows for row in desk.rows(api_key) if row.follows is not None] == []


def _meeting(service: Service, tools: Container) -> tuple[Callable[[], Rotation], Callable[[], None]]:
    """Both write history, where the first one stands with the key's row locked."""
    return (
        lambda: rotated(tools, service.key_id),
        lambda: revoke_key(service.key_id, actor="operator", db=tools.db),
    )


# Who gets a secret


def test_a_persons_key_is_rotated_by_nobody_else(api: Api, tools: Container, desk: Desk) -> None:
    key_id, _ = create_key("desk", [Scope.REVIEW], reviewer_id="r-1", db=tools.db)
    _, admin_key = create_key("boss", [Scope.ADMIN], reviewer_id=None, db=tools.db)
    before = live_keys(desk)

    by_key = api.call("POST", f"/v1/keys/{key_id}/rotate", key=admin_key, json={})
    by_administrator = signed_in(tools, "boss", roles=[Role.ADMIN]).post(f"/console/keys/{key_id}/rotate")
    with pytest.raises(Forbidden):
        rotated(tools, key_id)
    with pytest.raises(Forbidden):
        rotated(tools, key_id, by=Rotator("r-1"))

    assert (by_key.status_code, by_administrator.status_code) == (403, 403)
    assert live_keys(desk) == before


def test_a_person_rotates_their_own_key(tools: Container, desk: Desk) -> None:
    browser = signed_in(tools, "boss", roles=[Role.ADMIN, Role.REVIEWER])
    key_id, _ = create_key("desk", [Scope.REVIEW], reviewer_id="boss", db=tools.db)

    answer = browser.post(f"/console/keys/{key_id}/rotate", overlap_hours="0")

    assert answer.status_code == 200
    assert "pd_" in answer.text
    assert [row.actor for row in desk.rows(audit) if row.event == "key.rotated"] == ["boss"]


@pytest.mark.parametrize("scopes", [[Scope.ADMIN], [Scope.SUBMIT], [Scope.MEMBERS_READ_ALL]])
def test_no_key_hands_out_more_than_it_may_itself(api: Api, tools: Container, desk: Desk, scopes: list[Scope]) -> None:
    keeper = Service(api, Scope.ADMIN_READ, Scope.ADMIN_WRITE, Scope.MEMBERS_READ)
    key_id, _ = create_key("more", scopes, reviewer_id=None, db=tools.db)
    before = live_keys(desk)

    assert keeper.post(f"/v1/keys/{key_id}/rotate", {}).status_code == 403
    assert live_keys(desk) == before


def test_a_key_of_administration_rotates_lists_and_revokes(api: Api, service: Service, tools: Container) -> None:
    _, admin_key = create_key("boss", [Scope.ADMIN], reviewer_id=None, db=tools.db)
    boss = service.over(service.key_id, admin_key)

    made = boss.post(f"/v1/keys/{service.key_id}/rotate", {"overlap_hours": 1})
    listed = {each["id"]: each for each in boss.get("/v1/keys").json()}
    revoked = boss.call("DELETE", f"/v1/keys/{service.key_id}")

    assert (made.status_code, made.headers["Cache-Control"]) == (201, "no-store")
    assert code_of(service.over(service.key_id, made.json()["key"])) == (200, None)
    assert listed[made.json()["key_id"]]["follows"] == str(service.key_id)
    assert not [name for each in listed.values() for name in each if "secret" in name]
    assert (revoked.status_code, code_of(service)) == (204, (401, "key_revoked"))
    assert api.call("GET", "/v1/keys", key=service.key).status_code == 401


# Sessions that a key made


def test_a_revoked_key_takes_its_sessions_and_links_with_it(api: Api, service: Service, tools: Container) -> None:
    other = Service(api, *OWN)
    asked = {"member_id": "m-1", "member": member()}
    url, unopened = (service.post("/v1/sessions", asked).json()["url"] for _ in range(2))
    theirs = opened(api, other.post("/v1/sessions", {**asked, "member_id": "m-2"}).json()["url"]).json()["credential"]
    credential = opened(api, url).json()["credential"]
    before = api.call("GET", "/v1/session", key=credential).status_code

    revoke_key(service.key_id, db=tools.db)

    assert (before, api.call("GET", "/v1/session", key=credential).status_code) == (200, 401)
    assert opened(api, unopened).json()["code"] == "link_not_valid"
    assert api.call("GET", "/v1/session", key=theirs).status_code == 200


def test_a_key_that_was_rotated_leaves_its_sessions_to_its_successor(
    api: Api, service: Service, tools: Container
) -> None:
    url = service.post("/v1/sessions", {"member_id": "m-1", "member": member()}).json()["url"]
    after = successor(service, tools, overlap=timedelta(0))
    credential = opened(api, url).json()["credential"]

    (session,) = after.get("/v1/sessions", member_id="m-1").json()
    ended = after.call("DELETE", f"/v1/sessions/{session['id']}")

    assert ended.status_code == 204
    assert api.call("GET", "/v1/session", key=credential).status_code == 401


# When a key was used


def test_the_last_use_is_written_once_in_a_while_and_not_at_each_request(service: Service, desk: Desk) -> None:
    used = "SELECT last_used_at FROM api_key WHERE id = :id"
    never = desk.sql(used, id=service.key_id)[0][0]
    service.get("/v1/submissions")
    first = desk.sql(used, id=service.key_id)[0][0]
    service.get("/v1/submissions")
    second = desk.sql(used, id=service.key_id)[0][0]
    back = "UPDATE api_key SET last_used_at = last_used_at - make_interval(secs => :by) WHERE id = :id"
    desk.sql(back, by=NOTED_EVERY.total_seconds() + 1, id=service.key_id)

    service.get("/v1/submissions")

    assert never is None
    assert first is not None
    assert second == first
    assert desk.sql(used, id=service.key_id)[0][0] > first


def test_nobody_waits_for_the_last_use_to_be_written(service: Service, desk: Desk) -> None:
    with ThreadPoolExecutor(1) as pool, held(desk, "SELECT 1 FROM api_key FOR UPDATE"):
        going = pool.submit(service.get, "/v1/submissions")
        until(lambda: going.done() or desk.waiting_for_locks() > 0)
        answer = going.result() if going.done() else None

    assert answer is not None
    assert answer.status_code == 200
    assert desk.sql("SELECT last_used_at FROM api_key WHERE id = :id", id=service.key_id)[0][0] is None


def test_a_wrong_secret_is_no_use_of_a_key(service: Service, desk: Desk) -> None:
    service.over(service.key_id, service.key + "x").get("/v1/submissions")

    assert desk.sql("SELECT last_used_at FROM api_key WHERE id = :id", id=service.key_id)[0][0] is None
