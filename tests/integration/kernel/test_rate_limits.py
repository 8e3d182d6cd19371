"""The limit of requests of a key per time window holds for all processes together."""

import re

import pytest

from config.container import Container
from pipeline.kernel.rate_limits import RateLimits
from tests.support.bodies import avatar_body
from tests.support.desk import Desk
from tests.support.http import Api
from tests.support.servers import variant
from tests.support.together import at_once, until

LEFT = re.compile(r'"key";r=(\d+);t=(\d+)')
LADDER = "/v1/membership/ladder"


@pytest.fixture
def strict(tools: Container) -> Container:
    return variant(tools, rate_limit=5)


def used_up(api: Api) -> None:
    assert [api.get(LADDER).status_code for _ in range(5)] == [200] * 5


def test_every_answer_says_what_is_left(api: Api, strict: Container) -> None:
    client = api.over(strict)

    first, second = client.get(LADDER), client.get("/v1/submissions/no-id")

    assert first.headers["RateLimit-Policy"] == second.headers["RateLimit-Policy"] == '"key";q=5;w=60'
    lefts = [LEFT.fullmatch(each.headers["RateLimit"]) for each in (first, second)]
    assert [each and each[1] for each in lefts] == ["4", "3"]
    assert all(each is not None and 0 < int(each[2]) <= 60 for each in lefts)


def test_one_too_many_is_told_when_to_come_back_and_does_nothing(api: Api, strict: Container, desk: Desk) -> None:
    client = api.over(strict)
    used_up(client)

    answer = client.submit(avatar_body())

    assert (answer.status_code, answer.json()["code"]) == (429, "rate_limited")
    assert 0 < int(answer.headers["Retry-After"]) <= 60
    assert answer.headers["RateLimit"].startswith('"key";r=0;')
    assert desk.tasks() == []


def test_twenty_requests_at_once_to_two_processes_are_counted_together(api: Api, tools: Container) -> None:
    processes = [api.over(variant(tools, rate_limit=5)) for _ in range(2)]
    for (
        each
    ) in processes:  # an application builds its routes at its first request, not in twenty threads of one process
        assert each.call("GET", "/healthz", key=None).status_code == 200

    answers, raised = at_once(20, lambda number: processes[number % 2].get(LADDER).status_code)

    assert raised == []
    assert sorted(answers) == [200] * 5 + [429] * 15


def test_another_key_has_an_allowance_of_its_own(api: Api, strict: Container) -> None:
    client = api.over(strict)
    used_up(client)

    assert client.call("GET", "/v1/review/queue", key=client.review_key).status_code == 200


def test_a_new_window_begins_when_the_old_one_ends(api: Api, tools: Container) -> None:
    client = api.over(variant(tools, rate_limit=1, rate_window_seconds=1))
    client.get(LADDER)

    assert until(lambda: client.get(LADDER).status_code == 200)


def test_without_the_broker_requests_pass_and_are_not_slowed_down(api: Api, tools: Container) -> None:
    away = variant(tools, own=("broker",), broker_url="redis://127.0.0.1:1", rate_limit=1)
    client = api.over(away)

    answers = [client.get(LADDER) for _ in range(3)]

    assert [each.status_code for each in answers] == [200] * 3
    assert all("RateLimit" not in each.headers for each in answers)
    away.broker.close()


def test_what_counts_forgets_by_itself(tools: Container) -> None:
    RateLimits(tools.broker.client, limit=5, window_seconds=60).counted("k")

    (name,) = tools.broker.client.keys("proofdesk:rate:*")
    assert 0 < tools.broker.client.pttl(name) <= 120_000
