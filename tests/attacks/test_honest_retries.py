"""A retry is known by what was sent, not by what this version makes of it."""

import hashlib
import json
from typing import Any

import pytest
from sqlalchemy import update

from config.container import Container
from pipeline.kernel.database_errors import as_json
from pipeline.kernel.idempotency import idempotency, once
from pipeline.kernel.validation import parse_submission
from tests.support.bodies import avatar_body
from tests.support.desk import Desk
from tests.support.http import Api
from tests.support.together import at_once, until
from tests.support.workers import left_in, message, working

SENT = {"b": [1, {"d": None, "c": "ü"}], "a": 1}


def known(sent: object, **more: Any) -> Any:
    return once(owner="o", key="k", operation="x", sent=sent, **more)


def fingerprint_before(operation: str, validated: object) -> str:
    """As the version before wrote it: over the validated body."""
    return hashlib.sha256(as_json([operation, validated], sort_keys=True).encode()).hexdigest()


@pytest.mark.parametrize("later", [{"added": None}, {"added": {"deep": []}}, {}])
def test_a_field_with_a_default_that_an_upgrade_adds_changes_nothing(later: dict[str, Any]) -> None:
    first = known(SENT, validated=SENT | {"mode": "x"})
    retry = known(json.loads(json.dumps(SENT)), validated=SENT | {"mode": "x"} | later)

    assert retry.is_that(first.fingerprint)


@pytest.mark.parametrize(
    "other",
    [{**SENT, "a": 2}, {"a": 1}, {**SENT, "more": None}, [SENT], None, {**SENT, "a": "1"}, {**SENT, "a": True}],
)
def test_another_body_is_another_request(other: object) -> None:
    assert not known(other).is_that(known(SENT).fingerprint)


def test_neither_order_nor_white_space_matters() -> None:
    again = json.loads('{ "a":1,\n "b": [1, {"c": "\\u00fc", "d": null}] }')

    assert known(again).is_that(known(SENT).fingerprint)


def test_a_row_of_the_version_before_is_honoured(api: Api, desk: Desk) -> None:
    body = avatar_body()
    first = api.submit(body, once="k")
    validated = parse_submission(body).model_dump(mode="json")
    before = fingerprint_before("submissions.accept", validated)
    with desk.tools.db.begin() as connection:
        connection.execute(update(idempotency).values(fingerprint=before))

    again = api.submit(body, once="k")
    other = api.submit(avatar_body(member_id="m-2"), once="k")

    assert (again.status_code, again.json()) == (202, first.json())
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")


def test_the_row_of_a_request_over_http_is_over_what_was_sent(api: Api, desk: Desk) -> None:
    """So a version with other defaults comes to the same fingerprint."""
    body = avatar_body()

    api.submit(body, once="k")

    (row,) = desk.rows(idempotency)
    assert row.fingerprint == once(owner=row.owner, key="k", operation="submissions.accept", sent=body).fingerprint


def test_so_is_that_of_a_message_of_the_queue_door(desk: Desk, tools: Container) -> None:
    body = avatar_body()
    tools.broker.enqueue(message(body, idempotency_key="k"))

    with working(tools, "intake"):
        until(lambda: left_in(tools) == 0)

    (row,) = desk.rows(idempotency)
    assert row.fingerprint == once(owner=row.owner, key="k", operation="submissions.accept", sent=body).fingerprint


def test_requests_at_the_same_time_do_not_mix_what_was_sent(api: Api, desk: Desk) -> None:
    bodies = [avatar_body(member_id=f"m-{number}") for number in range(4)]

    at_once(len(bodies), lambda number: api.submit(bodies[number], once=f"k-{number}"))

    kept = {row.key: row for row in desk.rows(idempotency)}
    assert [kept[f"k-{number}"].fingerprint for number in range(4)] == [
        once(owner="any", key="any", operation="submissions.accept", sent=body).fingerprint for body in bodies
    ]
