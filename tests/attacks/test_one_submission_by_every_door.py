"""The same service, key and body is one submission, by HTTP, by the queue, by the command and by any of the service's credentials."""

import json
import re
from collections.abc import Callable, Mapping
from datetime import timedelta
from itertools import permutations
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final

import dramatiq
import pytest

from pipeline.access.key_rotation import Rotator, rotate_key
from pipeline.access.rules.keys import Bounds
from pipeline.intake.parked import QueueMessage, accept_message
from pipeline.kernel import clock
from pipeline.submission.tables import submission
from pipeline.tasks import operate
from pipeline.tasks.rules import ACCEPT
from schemas.submissions import Accepted
from tests.support.bodies import avatar_body, verification_body
from tests.support.desk import Desk
from tests.support.files import photo
from tests.support.http import BROWSER, Api
from tests.support.overlap import overlapping
from tests.support.services import OWN, Service
from tests.support.together import at_once, until
from tests.support.workers import left_in, message, working

README: Final = Path(__file__).parents[2] / "README.md"
SHOP: Final = Bounds(service="shop")
BODY: Final = verification_body()
KEY: Final = "m-1.verified.7"

Send = Callable[[], Any]


@pytest.fixture
def shop(api: Api) -> Service:
    return Service(api, *OWN, name="shop", bounds=SHOP)


@pytest.fixture
def doors(shop: Service, api: Api, desk: Desk) -> Mapping[str, Send]:
    """Ways of sending BODY with KEY for the service."""
    other = Service(api, *OWN, name="shop again", bounds=SHOP)
    return {
        "http": lambda: shop.submit(BODY, once=KEY).json()["id"],
        "another key": lambda: other.submit(BODY, once=KEY).json()["id"],
        "queue": lambda: arrives(desk, BODY, service="shop"),
    }


def arrives(desk: Desk, body: object, *, service: object = None, key: str = KEY) -> str | None:
    """The submission of a message that came as the broker brings it; None where it was parked."""
    sent = json.loads(json.dumps(body))
    answer = accept_message(QueueMessage(sent, key, "trace", service), now=clock.now(), context=desk.tools.intake)
    return str(answer.id) if isinstance(answer, Accepted) else None


def senders(desk: Desk) -> list[tuple[str, str]]:
    return [(row.door, row.service) for row in desk.rows(submission)]


@pytest.mark.parametrize("order", list(permutations(("http", "another key", "queue"))), ids=" ".join)
def test_in_every_order_the_first_answer_is_that_of_all(
    order: tuple[str, ...], doors: Mapping[str, Send], desk: Desk
) -> None:
    ids = {doors[door]() for door in order}

    assert len(ids) == 1
    assert senders(desk) == [("queue" if order[0] == "queue" else "http", "shop")]
    assert desk.parked() == []


def test_a_message_goes_on_with_the_key_of_a_rotated_credential(shop: Service, desk: Desk) -> None:
    rules = desk.tools.policy.api_keys
    made = rotate_key(shop.key_id, overlap=timedelta(0), by=Rotator("operator"), rules=rules, db=desk.tools.db)
    queued = arrives(desk, BODY, service="shop")

    assert shop.over(made.key_id, made.key).submit(BODY, once=KEY).json()["id"] == queued
    assert len(desk.rows(submission)) == 1


@pytest.mark.parametrize("order", list(permutations(("http", "queue"))), ids=" ".join)
def test_doors_that_meet_make_one_in_both_orders(order: tuple[str, str], doors: Mapping[str, Send], desk: Desk) -> None:
    first, second = overlapping(desk, doors[order[0]], doors[order[1]])

    assert first == second
    assert senders(desk) == [(order[0], "shop")]


def test_six_at_once_by_three_doors_are_one(doors: Mapping[str, Send], desk: Desk) -> None:
    ways = list(doors.values())

    given, refused = at_once(6, lambda number: ways[number % 3]())

    assert refused == []
    assert len(set(given)) == 1
    assert len(desk.rows(submission)) == 1


def test_a_message_without_a_service_speaks_for_the_one_that_owns_the_member(
    doors: Mapping[str, Send], desk: Desk
) -> None:
    sent = doors["http"]()

    assert arrives(desk, BODY) == sent
    assert arrives(desk, BODY, key="another") != sent
    assert senders(desk) == [("http", "shop"), ("queue", "shop")]


def test_a_message_without_a_service_that_meets_the_first_of_its_service_makes_no_second(
    doors: Mapping[str, Send], desk: Desk
) -> None:
    first, second = overlapping(desk, doors["http"], lambda: arrives(desk, BODY))

    assert first == second
    assert senders(desk) == [("http", "shop")]


def test_one_key_of_two_services_is_two_submissions(desk: Desk) -> None:
    mine = arrives(desk, avatar_body(member_id="shop-1"), service="shop")
    theirs = arrives(desk, avatar_body(member_id="fair-1"), service="fair")

    assert mine is not None
    assert theirs not in {mine, None}
    assert sorted(senders(desk)) == [("queue", "fair"), ("queue", "shop")]


def test_the_same_key_with_another_body_is_refused_at_the_other_door(
    doors: Mapping[str, Send], shop: Service, desk: Desk
) -> None:
    doors["queue"]()

    answer = shop.submit(avatar_body(), once=KEY)

    assert (answer.status_code, answer.json()["code"]) == (422, "idempotency_key_reused")
    assert len(desk.rows(submission)) == 1


# What was accepted before messages named their service


def test_a_message_of_before_that_is_sent_again_with_its_service_is_the_same(desk: Desk) -> None:
    before = arrives(desk, BODY)

    assert arrives(desk, BODY, service="shop") == before
    assert arrives(desk, BODY, service="shop") == before
    assert len(desk.rows(submission)) == 1


def test_a_key_that_the_queue_kept_for_somebody_else_is_free_for_a_service(desk: Desk) -> None:
    arrives(desk, avatar_body(member_id="fair-1"))

    assert arrives(desk, avatar_body(member_id="shop-1"), service="shop") is not None
    assert len(desk.rows(submission)) == 2
    assert desk.parked() == []


# What is no service


@pytest.mark.parametrize("named", ["", "queue", "earlier", "Shop", "a b", "x" * 65, "\x00", 5, ["shop"], {}, True])
def test_what_is_no_name_of_a_service_is_parked_and_accepted_for_nobody(named: object, desk: Desk) -> None:
    assert arrives(desk, BODY, service=named) is None

    (reason,) = desk.parked()
    assert reason.startswith("invalid_request: service invalid_value")
    assert desk.rows(submission) == []


def test_a_parked_message_that_is_tried_again_keeps_its_service(desk: Desk) -> None:
    taken = [desk.accept(BODY).id for _ in range(5)]
    arrives(desk, BODY, service="shop")
    desk.sql("UPDATE submission SET state = 'withdrawn' WHERE id = :id", id=taken[0])

    operate.retry(desk.tools.db, desk.only_task(ACCEPT).id)
    desk.run_due(ACCEPT)

    assert senders(desk)[-1] == ("queue", "shop")


# What the README says


def test_both_snippets_of_the_readme_as_written_make_one_submission(api: Api, desk: Desk) -> None:
    page = README.read_text(encoding="utf-8")
    (service,) = re.findall(r"proofdesk key create .*--service (\S+)", page)
    shop = Service(api, *OWN, bounds=Bounds(service=service))
    over_http, by_queue = re.findall(r"```python\n(.*?)```", page, flags=re.DOTALL)
    names: dict[str, Any] = {"httpx": _httpx(shop), "key": shop.key, "photo": photo(), "broker": desk.tools.broker}

    exec(over_http, names)  # noqa: S102  (the README is what is tested)
    exec(by_queue, {**names, "Message": dramatiq.Message})  # noqa: S102
    with working(desk.tools, "intake"):
        until(lambda: left_in(desk.tools) == 0)

    assert senders(desk) == [("http", service)]
    assert desk.parked() == []


def _httpx(shop: Service) -> SimpleNamespace:
    """What the snippet calls, with the web process of this test at the address that it names."""
    post = lambda path, json, headers=None: shop.api.call("POST", path, key=shop.key, json=json, headers=headers or {})  # noqa: E731
    return SimpleNamespace(Client=lambda **_: SimpleNamespace(post=post), put=BROWSER.put)


def test_a_message_of_the_broker_carries_its_service(shop: Service, desk: Desk) -> None:
    shop.submit(BODY, once=KEY)
    desk.tools.broker.enqueue(message(BODY, idempotency_key=KEY, service="shop"))

    with working(desk.tools, "intake"):
        until(lambda: left_in(desk.tools) == 0)

    assert senders(desk) == [("http", "shop")]
