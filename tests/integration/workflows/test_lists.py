"""Lists of submissions and events are narrowed by what a service reconciles by, and many are read at once."""

from datetime import timedelta
from typing import Any, Final

import pytest

from pipeline.kernel import clock
from tests.support.bodies import avatar_body, member, verification_body
from tests.support.desk import Desk
from tests.support.http import Api, problems
from tests.support.methods import number_body
from tests.support.services import OWN, Service

LATER: Final = timedelta(days=30)


@pytest.fixture
def sent(desk: Desk) -> dict[str, str]:
    """An avatar, and two verifications that differ in all that a list is narrowed by."""
    return {
        "avatar": str(desk.accept({**avatar_body(), "member": member(email="Eve@Red.example.com")}).id),
        "materials": str(desk.accept(verification_body(identity="other")).id),
        "number": str(desk.accept(number_body(stage="trusted")).id),
    }


def listed(api: Api, **params: Any) -> list[str]:
    return [each["id"] for each in api.get("/v1/submissions", **params).json()["items"]]


@pytest.mark.parametrize(
    ("params", "found"),
    [
        ({"email": "eve@red.EXAMPLE.com"}, ["avatar"]),
        ({"email": "nobody@red.example.com"}, []),
        ({"identity": "other"}, ["materials"]),
        ({"method": "tax_number"}, ["number"]),
        ({"kind": "avatar"}, ["avatar"]),
        ({"method": "tax_number", "identity": "other"}, []),
    ],
)
def test_a_list_is_narrowed_by(params: dict[str, str], found: list[str], sent: dict[str, str], api: Api) -> None:
    assert listed(api, **params) == [sent[each] for each in found]


def test_a_list_is_narrowed_by_when_things_came_and_are_due(sent: dict[str, str], desk: Desk, api: Api) -> None:
    desk.sql("UPDATE submission SET accepted_at = now() - interval '2 days' WHERE id = :id", id=sent["avatar"])
    desk.sql("UPDATE submission SET due_at = now() + interval '60 days' WHERE id = :id", id=sent["number"])
    now = clock.now()
    yesterday, soon, later = ((now + away).isoformat() for away in (timedelta(days=-1), timedelta(minutes=1), LATER))

    assert listed(api, accepted_to=yesterday) == [sent["avatar"]]
    assert listed(api, accepted_from=yesterday, accepted_to=soon) == [sent["number"], sent["materials"]]
    assert listed(api, due_from=later) == [sent["number"]]
    assert listed(api, due_to=later, kind="verification") == [sent["materials"]]


def test_the_last_time_of_a_list_is_left_out_and_the_first_is_not(sent: dict[str, str], desk: Desk, api: Api) -> None:
    due = desk.submission(next(iter(desk.sql("SELECT id FROM submission WHERE kind = 'avatar'")))[0]).due.promise_at

    assert listed(api, due_from=due.isoformat(), kind="avatar") == [sent["avatar"]]
    assert listed(api, due_to=due.isoformat(), kind="avatar") == []


@pytest.mark.parametrize(
    ("params", "problem"),
    [
        ({"state": "lost"}, ("state", "unknown_state")),
        ({"method": "magic"}, ("method", "unknown_method")),
        ({"accepted_from": "2026-01-01T00:00:00"}, ("accepted_from", "invalid_value")),
        ({"due_to": "soon"}, ("due_to", "invalid_value")),
        ({"email": "nobody"}, ("email", "invalid_email")),
        ({"id": "one"}, ("id.0", "invalid_value")),
    ],
)
def test_a_filter_that_is_none_is_refused(params: dict[str, str], problem: tuple[str, str], api: Api) -> None:
    answer = api.get("/v1/submissions", **params)

    assert (answer.status_code, problems(answer)) == (422, [problem])


def test_many_are_read_at_once_in_full_and_others_are_left_out(api: Api) -> None:
    mine, theirs = (Service(api, *OWN, name=name) for name in ("mine", "theirs"))
    own = [mine.submit(avatar_body(f"avatar/{number}", member_id=f"mine-{number}")).json()["id"] for number in range(2)]
    other = theirs.submit(avatar_body("avatar/theirs", member_id="theirs-1")).json()["id"]

    answer = mine.get("/v1/submissions", id=[*own, other], view="full").json()

    assert [each["id"] for each in answer["items"]] == own[::-1]
    assert {"history", "effects", "findings"} <= answer["items"][0].keys()
    assert mine.get("/v1/submissions", id=[other] * 101).status_code == 422


def test_events_are_narrowed_by_type_and_time(sent: dict[str, str], api: Api) -> None:
    api.post(f"/v1/submissions/{sent['number']}/withdraw")
    now = clock.now()

    def types(**params: Any) -> list[str]:
        return [each["type"] for each in api.get("/v1/events", **params).json()["items"]]

    assert types(type="submission.withdrawn") == ["submission.withdrawn"]
    assert types(type=["submission.withdrawn", "submission.received"]) == ["submission.received"] * 3 + [
        "submission.withdrawn"
    ]
    assert types(until=(now - LATER).isoformat()) == types(since=(now + LATER).isoformat()) == []
    assert len(types(since=(now - LATER).isoformat())) == 4
    assert api.get("/v1/events", type="nothing").status_code == 422
