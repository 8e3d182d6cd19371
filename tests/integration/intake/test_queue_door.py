from typing import Any

import pytest

from config.container import Container
from pipeline.submission.tables import submission
from pipeline.tasks import operate
from pipeline.tasks.rules import ACCEPT, TaskState
from tests.support.bodies import avatar_body, member, verification_body
from tests.support.desk import Desk
from tests.support.faults import without_database
from tests.support.together import until
from tests.support.workers import encoded, left_in, message, push_raw, working, working_on

WHOLE = {"queue_name": "intake", "actor_name": "accept_submission", "args": [], "kwargs": {}, "options": {}}


def sound(**more: Any) -> dict[str, Any]:
    fields = {**WHOLE, "args": [avatar_body(member_id="m-sound")], "message_id": "sound", "message_timestamp": 0}
    return {**fields, "options": {"redis_message_id": "sound"}, **more}


def accepted(desk: Desk) -> list[str]:
    return [row.member_id for row in desk.rows(submission)]


def test_a_message_is_accepted_as_an_http_body_is(desk: Desk, tools: Container) -> None:
    body = verification_body()
    tools.broker.enqueue(message(body, idempotency_key="order-1", correlation_id="trace-7"))

    with working(tools, "intake"):
        until(lambda: accepted(desk))
        until(lambda: left_in(tools) == 0)

    (row,) = desk.rows(submission)
    assert (row.door, row.correlation_id, row.chance, row.state) == ("queue", "trace-7", 1, "received")
    assert desk.parked() == []


def test_a_message_with_a_keyword_is_accepted_too(desk: Desk, tools: Container) -> None:
    sent = message(submission=avatar_body())
    tools.broker.enqueue(sent)

    with working(tools, "intake"):
        until(lambda: accepted(desk))

    assert desk.rows(submission)[0].correlation_id == sent.message_id


def test_the_same_message_delivered_again_is_one_submission(desk: Desk, tools: Container) -> None:
    again = message(avatar_body())
    tools.broker.enqueue(again)
    tools.broker.enqueue(again)

    with working(tools, "intake"):
        until(lambda: left_in(tools) == 0)

    assert accepted(desk) == ["m-1"]
    assert desk.parked() == []


def test_two_messages_with_one_key_are_one_submission(desk: Desk, tools: Container) -> None:
    tools.broker.enqueue(message(avatar_body(), idempotency_key="order-1"))
    tools.broker.enqueue(message(avatar_body(), idempotency_key="order-1"))

    with working(tools, "intake"):
        until(lambda: left_in(tools) == 0)

    assert accepted(desk) == ["m-1"]


BAD: dict[str, tuple[Any, str]] = {
    "a field missing": ({**avatar_body(), "file": {}}, "invalid_request: file.key missing_field"),
    "an unknown kind": ({"kind": "passport"}, "invalid_request: kind unknown_kind"),
    "an unknown stage": (verification_body(stage="heaven"), "invalid_request: stage unknown_stage"),
    "text": ("hello", "invalid_request"),
    "nothing": (None, "invalid_request"),
    "a zero byte": ({**avatar_body(), "member": member(name="A\x00")}, "invalid_request: member.name"),
    "a zero byte in an unknown field": ({**avatar_body(), "colour": "\x00"}, "invalid_request: colour unknown_field"),
    "half a character": ({**avatar_body(), "colour": "\ud800"}, "invalid_request: colour unknown_field"),
    "a number of thirty digits": ({**avatar_body(), "colour": 10**30}, "invalid_request: colour unknown_field"),
}


@pytest.mark.parametrize(("body", "reason"), BAD.values(), ids=BAD)
def test_a_bad_message_is_parked_with_its_reason_and_never_tried_for_ever(
    desk: Desk, tools: Container, body: object, reason: str
) -> None:
    tools.broker.enqueue(message(body))

    with working(tools, "intake"):
        until(desk.parked)
        until(lambda: left_in(tools) == 0)

    assert desk.parked()[0].startswith(reason)
    assert accepted(desk) == []


def test_a_key_that_was_used_for_another_submission_is_parked(desk: Desk, tools: Container) -> None:
    tools.broker.enqueue(message(avatar_body(), idempotency_key="order-1"))
    tools.broker.enqueue(message(avatar_body(member_id="m-2"), idempotency_key="order-1"))

    with working(tools, "intake"):
        until(desk.parked)

    assert len(accepted(desk)) == 1
    assert desk.parked()[0].startswith("idempotency_key_reused: ")


def test_a_message_beyond_the_last_chance_is_parked(desk: Desk, tools: Container) -> None:
    taken = [desk.accept(verification_body()).chance for _ in range(5)]
    tools.broker.enqueue(message(verification_body()))

    with working(tools, "intake"):
        until(desk.parked)

    assert taken == [1, 2, 3, 4, 5]
    assert desk.parked()[0].startswith("attempts_exhausted: ")


RAW: dict[str, tuple[bytes, str]] = {
    "no json": (b"\xff\x00 garbage", "invalid_json"),
    "nothing at all": (b"", "invalid_json"),
    "a list": (b"[]", "invalid_json"),
    "an empty object": (b"{}", "invalid_json"),
    "another actor": (encoded(sound(actor_name="launch")), "unknown_actor: the queue has no actor 'launch'"),
    "an actor that is no name": (encoded(sound(actor_name=["launch"])), "unknown_actor"),
    "arguments that are a number": (encoded(sound(args=5)), "invalid_json"),
    "arguments by name that are a list": (encoded(sound(kwargs=[1])), "invalid"),
    "options that are a list": (encoded(sound(options=[])), "invalid"),
    "no broker's id": (encoded(sound(options={})), "invalid"),
}


@pytest.mark.parametrize(("raw", "reason"), RAW.values(), ids=RAW)
def test_what_is_no_message_is_parked_and_the_next_one_accepted(
    desk: Desk, tools: Container, raw: bytes, reason: str
) -> None:
    push_raw(tools, raw)
    tools.broker.enqueue(message(avatar_body(member_id="m-next")))

    with working(tools, "intake"):
        until(lambda: "m-next" in accepted(desk))
        until(lambda: desk.parked() or "m-sound" in accepted(desk))

    assert all(each.startswith(reason) for each in desk.parked())


def test_another_actor_is_parked_by_its_name_and_leaves_the_broker(desk: Desk, tools: Container) -> None:
    tools.broker.enqueue(message(avatar_body(), actor="launch"))

    with working(tools, "intake"):
        until(desk.parked)
        until(lambda: left_in(tools) == 0)

    (row,) = operate.tasks(tools.db, state=TaskState.PARKED, kind=ACCEPT.name)
    assert row["last_error"] == "unknown_actor: the queue has no actor 'launch'."
    assert "launch" in row["payload"]["raw"]


def test_a_message_comes_back_until_the_database_is_there(desk: Desk, tools: Container) -> None:
    tools.broker.enqueue(message(avatar_body(), correlation_id="trace-7"))
    with without_database(tools) as cut_off, working_on(cut_off, "intake"):
        until(lambda: tools.broker.client.hlen("dramatiq:intake.DQ.msgs") == 1)

    with working(tools, "intake"):
        until(lambda: accepted(desk))
        until(lambda: left_in(tools) == 0)

    assert [row.correlation_id for row in desk.rows(submission)] == ["trace-7"]


def test_garbage_while_the_database_is_away_does_not_hold_up_what_comes_with_it(desk: Desk, tools: Container) -> None:
    push_raw(tools, b"garbage")
    tools.broker.enqueue(message(avatar_body()))

    with without_database(tools) as cut_off, working_on(cut_off, "intake"):
        until(lambda: tools.broker.client.hlen("dramatiq:intake.DQ.msgs") == 1)

    assert desk.rows(submission) == []


def test_an_operator_lets_a_message_be_accepted_once_its_fault_is_mended(desk: Desk, tools: Container) -> None:
    taken = [desk.accept(verification_body()).id for _ in range(5)]
    tools.broker.enqueue(message(verification_body()))
    with working(tools, "intake"):
        until(desk.parked)
    desk.sql("UPDATE submission SET state = 'withdrawn' WHERE id = :id", id=taken[0])
    (row,) = operate.tasks(tools.db, state=TaskState.PARKED, kind=None)

    operate.retry(tools.db, row["id"])
    with working(tools, "effects"):
        until(lambda: len(accepted(desk)) == 6)

    until(lambda: desk.only_task(ACCEPT).state == "done")
    assert desk.parked() == []


def test_a_hint_is_all_that_a_worker_needs(desk: Desk, tools: Container) -> None:
    sent = desk.submit_avatar()

    with working(tools, "inspection"):
        until(lambda: desk.state(sent) == "in_review")

    assert desk.history(sent) == ["submission.accepted", "submission.cleared"]
