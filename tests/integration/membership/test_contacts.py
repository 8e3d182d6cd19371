"""An event of another service may say how the member is reached; mails about what follows go there."""

from typing import Any, Final

import pytest

from pipeline.events.inbound import inbound_event
from tests.support.bodies import avatar_body, member
from tests.support.desk import Desk
from tests.support.erasing import Eraser
from tests.support.http import Api, problems

CONTACT: Final = {"name": "Ana Lima", "email": "ana@orders.example.com", "locale": "es"}


def bought(api: Api, number: int = 1, **more: Any) -> Any:
    event = {"type": "order.completed", "source": "shop", "id": f"e-{number}", "member_id": "m-1"}
    order = {"id": f"o-{number}", "amount": "90000", "currency": "EUR"}
    return api.post("/v1/events", {**event, "occurred_at": "2026-03-02T10:00:00Z", "order": order, **more})


def reached(desk: Desk) -> list[str]:
    desk.run_due()
    return [str(each["To"]) for each in desk.mails()]


def test_a_member_of_whom_there_is_no_submission_is_mailed_by_the_contact(api: Api, desk: Desk) -> None:
    answer = bought(api, contact=CONTACT)

    assert (answer.status_code, "contact" in answer.json()) == (201, False)
    assert reached(desk) == ["ana@orders.example.com"]
    assert "Ana Lima" in str(desk.mails()[0])


def test_without_a_contact_nobody_is_mailed(api: Api, desk: Desk) -> None:
    assert bought(api).status_code == 201
    assert reached(desk) == []


@pytest.mark.parametrize("last", ["event", "submission"])
def test_what_came_last_counts(last: str, api: Api, desk: Desk) -> None:
    bought(api, 0, contact=CONTACT, type="order.refunded")
    desk.clear(desk.accept({**avatar_body(), "member": member(email="ada@later.example.com")}).id)
    if last == "event":
        bought(api, 2, contact={**CONTACT, "email": "ana@later.example.com"}, type="order.refunded")

    bought(api)

    assert reached(desk) == ["ana@later.example.com" if last == "event" else "ada@later.example.com"]


def test_an_event_with_another_contact_is_the_same_event(api: Api) -> None:
    first = bought(api, contact=CONTACT)
    again = bought(api, contact={**CONTACT, "name": "Ana L."})

    assert first.json() == again.json()


@pytest.mark.parametrize("wrong", [{"email": "nobody"}, {"name": ""}, {"phone": "1"}, {"timezone": "Moon/Base"}])
def test_a_contact_that_is_none_is_refused(wrong: dict[str, str], api: Api) -> None:
    answer = bought(api, contact={**CONTACT, **wrong})

    assert answer.status_code == 422
    assert problems(answer)[0][0].startswith("contact.")


def test_an_erasure_leaves_no_contact(api: Api, desk: Desk) -> None:
    bought(api, contact=CONTACT)

    Eraser(desk, api).erase("m-1")

    assert [row.contact for row in desk.rows(inbound_event)] == [None]
