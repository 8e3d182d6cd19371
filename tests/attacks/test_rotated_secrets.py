"""Secrets of endpoints that are rotated often, or by a request that comes twice: none is lost before its end, none is made twice."""

from collections.abc import Iterator
from uuid import UUID

import pytest
from standardwebhooks import Webhook

from pipeline.access.api_keys import Scope
from pipeline.events.tables import endpoint
from pipeline.events.webhooks import endpoints
from pipeline.events.webhooks.endpoints import TooManySecrets
from pipeline.events.webhooks.rules import SECRETS_AT_ONCE
from pipeline.kernel import clock
from pipeline.tasks.rules import DELIVER_EVENT
from schemas.events import EndpointRequest, EndpointSecret
from tests.support.desk import Desk
from tests.support.endpoint import Endpoint, listening
from tests.support.http import Api
from tests.support.services import Service
from tests.support.together import at_once


@pytest.fixture
def place() -> Iterator[Endpoint]:
    with listening() as found:
        yield found


@pytest.fixture
def admin(api: Api) -> Service:
    return Service(api, Scope.ADMIN)


def rotated(desk: Desk, endpoint_id: UUID) -> EndpointSecret:
    return endpoints.rotate(endpoint_id, now=clock.now(), overlap_hours=24, db=desk.tools.db, sealer=desk.tools.sealer)


def test_every_secret_whose_overlap_is_not_over_signs_however_often_it_is_rotated(desk: Desk, place: Endpoint) -> None:
    first = endpoints.add(EndpointRequest(url=place.url), db=desk.tools.db, sealer=desk.tools.sealer)
    made = [first, *(rotated(desk, first.endpoint_id) for _ in range(3))]

    desk.case_waiting()
    desk.run_due(DELIVER_EVENT)

    headers, body = place.got[0]
    assert {Webhook(each.secret).verify(body, headers)["type"] for each in made} == {"submission.received"}


def test_more_secrets_than_a_delivery_can_carry_are_refused_and_drop_none(desk: Desk) -> None:
    made = endpoints.add(EndpointRequest(url="https://shop.example.com/"), db=desk.tools.db, sealer=desk.tools.sealer)
    for _ in range(SECRETS_AT_ONCE - 1):
        rotated(desk, made.endpoint_id)

    with pytest.raises(TooManySecrets):
        rotated(desk, made.endpoint_id)

    assert len(desk.rows(endpoint)[0].secrets) == SECRETS_AT_ONCE


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("", {"url": "https://shop.example.com/"}),
        ("/{id}/secret", None),
        ("/{id}/resume", None),
        ("/{id}/replay", {"since": "2020-01-01T00:00:00Z"}),
    ],
    ids=["add", "rotate", "resume", "replay"],
)
def test_a_request_that_comes_again_with_its_key_is_answered_as_before_and_changes_nothing(
    desk: Desk, admin: Service, path: str, body: dict[str, str] | None
) -> None:
    made = admin.post("/v1/webhooks", {"url": "https://shop.example.com/"}).json()
    desk.case_waiting()
    desk.sql("UPDATE webhook_endpoint SET state = 'paused', paused_because = 'a test'")
    to = "/v1/webhooks" + path.format(id=made["endpoint_id"])

    answers = [admin.post(to, body, once="again") for _ in range(2)]
    first = (desk.rows(endpoint), desk.sql("SELECT max(round) FROM webhook_delivery"))
    answers.append(admin.post(to, body, once="again"))

    assert {each.status_code for each in answers} <= {200, 201}
    assert answers[0].json() == answers[1].json() == answers[2].json()
    assert (desk.rows(endpoint), desk.sql("SELECT max(round) FROM webhook_delivery")) == first
    assert sum(len(row.secrets) for row in desk.rows(endpoint)) <= 2


def test_a_rotation_that_comes_twice_at_once_makes_one_secret(desk: Desk, admin: Service) -> None:
    made = admin.post("/v1/webhooks", {"url": "https://shop.example.com/"}).json()
    to = f"/v1/webhooks/{made['endpoint_id']}/secret"

    answers, raised = at_once(2, lambda _: admin.post(to, None, once="again").json()["secret"])

    assert raised == []
    assert len(set(answers)) == 1
    assert len(desk.rows(endpoint)[0].secrets) == 2


def test_the_answer_that_is_remembered_has_no_secret(desk: Desk, admin: Service) -> None:
    made = admin.post("/v1/webhooks", {"url": "https://shop.example.com/"}, once="first").json()
    fresh = admin.post(f"/v1/webhooks/{made['endpoint_id']}/secret", None, once="second").json()

    kept = str(desk.sql("SELECT json_agg(answer) FROM idempotency")[0][0])

    assert made["endpoint_id"] in kept
    assert made["secret"] not in kept
    assert fresh["secret"] not in kept
