"""What other services are told: every type, as its schema says, in order, and nothing passed over."""

from collections.abc import Callable
from contextlib import ExitStack
from threading import Thread
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from sqlalchemy import Connection, text

from pipeline.events.feed import events
from pipeline.events.outbound import emit
from pipeline.intake.accept import withdraw
from pipeline.tasks.rules import EXPIRE_CODE
from schemas.events import EVENTS, EventType, EventView, PointsChanged
from schemas.published import event_schema
from tests.support.desk import Desk
from tests.support.erasing import Eraser
from tests.support.http import Api
from tests.support.methods import sent
from tests.support.together import until
from tests.support.watching import due_of, warn_of, watched


def listed(desk: Desk, *, cursor: str | None = None, member_id: str | None = None) -> tuple[EventView, ...]:
    return events(cursor=cursor, member_id=member_id, limit=500, db=desk.tools.db).items


def told(connection: Connection, member_id: str, version: int) -> None:
    changed = PointsChanged(
        member_id=member_id,
        entry_id="01890a5d-ac96-774b-bcce-b302099a8057",
        type="earning",
        amount=1,
        balance=version,
        cause="rfq_quoted",
        version=version,
    )
    emit(connection, EventType.POINTS_CHANGED, changed, member_id=member_id, trace="t")


def published(desk: Desk, _api: Api) -> None:
    desk.submit_avatar()
    desk.inspect()
    desk.approve()
    desk.run_due()


def unlocked(desk: Desk, _api: Api) -> None:
    desk.submit_verification()
    desk.inspect()
    desk.approve()
    desk.run_due()


def refused(desk: Desk, _api: Api) -> None:
    desk.submit_avatar(body=b"no picture")
    desk.inspect()


def taken_back(desk: Desk, _api: Api) -> None:
    desk.submit_avatar()
    withdraw(desk.submit_avatar(), caller="m-1", db=desk.tools.db)


def rejected(desk: Desk, _api: Api) -> None:
    desk.case_waiting()
    desk.reject()


def expired(desk: Desk, _api: Api) -> None:
    sent(desk)
    desk.sql("UPDATE business_email SET code_expires_at = now() - interval '1 second'")
    desk.let_backoff_pass()
    desk.run_due(EXPIRE_CODE)


def late(desk: Desk, _api: Api) -> None:
    mine = desk.case_waiting()
    watched(desk, warn_of(desk, mine))
    watched(desk, due_of(desk, mine))


def earned(_desk: Desk, api: Api) -> None:
    body = {
        "type": "rfq_quoted",
        "source": "rfq",
        "id": "q-1",
        "member_id": "m-1",
        "occurred_at": "2026-03-02T10:00:00Z",
    }
    assert api.post("/v1/events", body).status_code == 201


def taken_down(desk: Desk, api: Api) -> None:
    """A public avatar, as long as somebody wants it."""
    published(desk, api)
    answer = api.call("DELETE", "/v1/members/m-1/avatar", key=api.submit_key)
    assert answer.status_code < 300, answer.text


def erased(desk: Desk, api: Api) -> None:
    """All that was told before goes with the member."""
    desk.submit_avatar()
    eraser = Eraser(desk, api)
    eraser.erase()
    eraser.to_the_end()


LIVES: dict[Callable[[Desk, Api], None], list[str]] = {
    published: ["submission.received", "submission.in_review", "submission.approved", "avatar.published"],
    unlocked: ["submission.received", "submission.in_review", "submission.approved", "membership.level_changed"],
    taken_down: [
        "submission.received",
        "submission.in_review",
        "submission.approved",
        "avatar.published",
        "avatar.removed",
    ],
    refused: ["submission.received", "submission.refused"],
    taken_back: ["submission.received", "submission.superseded", "submission.received", "submission.withdrawn"],
    rejected: ["submission.received", "submission.in_review", "submission.rejected"],
    expired: ["submission.received", "submission.expired"],
    late: ["submission.received", "submission.in_review", "submission.due_soon", "submission.overdue"],
    earned: ["points.changed"],
    erased: ["member.erased"],
}


@pytest.mark.parametrize(("live", "types"), LIVES.items(), ids=[each.__name__ for each in LIVES])
def test_a_life_is_told_in_order_and_as_the_schemas_say(
    desk: Desk, api: Api, live: Callable[[Desk, Api], None], types: list[str]
) -> None:
    live(desk, api)

    found = listed(desk)
    assert [each.type for each in found] == types
    assert [wrong for each in found for wrong in faults(each)] == []


def faults(event: EventView) -> list[str]:
    """Where what was told is not what the published schema says."""
    body: dict[str, Any] = event.model_dump(mode="json", exclude={"id"})
    return [error.message for error in Draft202012Validator(event_schema(event.type)).iter_errors(body)]


def test_every_type_is_told_in_some_life() -> None:
    assert {each for types in LIVES.values() for each in types} == set(EVENTS)


def test_a_page_ends_before_an_event_whose_transaction_has_not_ended(desk: Desk) -> None:
    """Its number is the lower one, though its transaction began later."""
    with ExitStack() as later_ends:
        with desk.tools.db.begin() as earlier:
            earlier.execute(text("SELECT pg_current_xact_id()"))
            later = later_ends.enter_context(desk.tools.db.begin())
            told(later, "m-2", 1)
            told(earlier, "m-1", 1)
        meanwhile = listed(desk)
    both = listed(desk)

    assert meanwhile == ()
    assert [each.data["member_id"] for each in both] == ["m-2", "m-1"]


def test_the_events_of_one_member_are_numbered_in_the_order_in_which_they_are_committed(desk: Desk) -> None:
    def second() -> None:
        with desk.tools.db.begin() as connection:
            told(connection, "m-1", 2)

    thread = Thread(target=second)
    with desk.tools.db.begin() as connection:
        told(connection, "m-1", 1)
        thread.start()
        until(lambda: desk.waiting_for_locks() == 1)
        told(connection, "m-1", 1)
    thread.join(timeout=30)

    assert [each.data["version"] for each in listed(desk)] == [1, 1, 2]


def test_members_do_not_wait_for_each_other(desk: Desk) -> None:
    with desk.tools.db.begin() as first:
        told(first, "m-1", 1)
        with desk.tools.db.begin() as second:
            told(second, "m-2", 1)

    assert len(listed(desk)) == 2


def test_the_schema_of_an_event_is_served(api: Api) -> None:
    answer = api.get("/v1/events/types/avatar.published/schema")

    assert answer.headers["content-type"] == "application/schema+json"
    assert answer.json() == event_schema("avatar.published")
    assert api.get("/v1/events/types/avatar.lost/schema").status_code == 404
