"""Where a request comes from is what the connection says, unless a proxy that the operator has named says otherwise."""

from collections.abc import Iterator

import pytest

from config.container import Container
from pipeline.access.staff.tables import session
from tests.support.desk import Desk
from tests.support.people import PASSWORD, hasty, person
from tests.support.web import Alone, own_process
from tests.support.wire import Answer, asked

FORM = "application/x-www-form-urlencoded"


@pytest.fixture(scope="module")
def alone(all_servers: Container) -> Iterator[Alone]:
    """Its operator has named no proxy."""
    with own_process(all_servers, forwarded_allow_ips="", stranger_limit=5) as process:
        yield process


@pytest.fixture(scope="module")
def elsewhere(all_servers: Container) -> Iterator[Alone]:
    """Its proxy has another address than ours."""
    with own_process(all_servers, forwarded_allow_ips="192.0.2.1", stranger_limit=5) as process:
        yield process


@pytest.fixture(scope="module")
def proxied(all_servers: Container) -> Iterator[Alone]:
    """Its proxies are we, and a network."""
    with own_process(all_servers, forwarded_allow_ips="127.0.0.1,198.51.100.0/24", stranger_limit=5) as process:
        yield process


def left(web: Alone, forwarded: str) -> int:
    """How many requests a stranger has left who says to come from this address."""
    answer = asked(web.port, "GET /public/avatars/a/b.jpg", X_Forwarded_For=forwarded)
    return int(answer.headers["ratelimit"].partition("r=")[2].partition(";")[0])


def signed_in(web: Alone, forwarded: str, password: str = PASSWORD) -> Answer:
    body = f"name=m.lee&password={password.replace(' ', '+')}".encode()
    return asked(
        web.port,
        "POST /console/sign-in",
        body,
        Content_Type=FORM,
        Sec_Fetch_Site="same-origin",
        X_Forwarded_For=forwarded,
        Forwarded=f"for={forwarded}",
        X_Real_IP=forwarded,
    )


def addresses(desk: Desk) -> list[str]:
    """From where somebody signed in, as their session keeps it; the history does not."""
    assert [row.event for row in desk.audited() if "address" in row.detail] == []
    return [row.address for row in desk.rows(session)]


@pytest.mark.parametrize("name", ["alone", "elsewhere"])
def test_a_forged_header_changes_nothing(
    tools: Container, desk: Desk, request: pytest.FixtureRequest, name: str
) -> None:
    web: Alone = request.getfixturevalue(name)
    person(hasty(tools))

    lefts = [left(web, f"203.0.113.{number}") for number in range(6)]
    entered = signed_in(web, "203.0.113.200")

    assert lefts == [4, 3, 2, 1, 0, 0]
    assert entered.status == 303
    assert addresses(desk) == ["127.0.0.1"]


def test_a_proxys_header_counts_and_what_its_clients_put_before_it_does_not(
    tools: Container, desk: Desk, proxied: Alone
) -> None:
    person(hasty(tools))

    lefts = [
        left(proxied, "203.0.113.1"),
        left(proxied, "203.0.113.9, 203.0.113.1"),
        left(proxied, "127.0.0.1, 203.0.113.1, 198.51.100.7"),
        left(proxied, "203.0.113.2"),
    ]
    entered = signed_in(proxied, "10.0.0.1, 203.0.113.3")

    assert lefts == [4, 3, 2, 4]
    assert entered.status == 303
    assert addresses(desk) == ["203.0.113.3"]


def test_guesses_are_counted_by_the_address_that_the_proxy_tells(tools: Container, proxied: Alone) -> None:
    person(hasty(tools))
    for _ in range(tools.policy.sign_in.tries_per_account):
        assert signed_in(proxied, "203.0.113.4", "wrong").status in {401, 429}

    assert signed_in(proxied, "203.0.113.4", "wrong").status == 429


@pytest.mark.parametrize(
    ("one", "another", "same"),
    [
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", True),
        ("[2001:db8:1:2::1]:443", "2001:db8:1:2::2", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("::ffff:203.0.113.5", "203.0.113.5", True),
        ("::ffff:203.0.113.5", "::ffff:203.0.113.6", False),
    ],
)
def test_an_ipv6_network_counts_as_one(tools: Container, proxied: Alone, one: str, another: str, same: bool) -> None:  # noqa: FBT001
    assert tools.settings

    assert (left(proxied, one), left(proxied, another)) == (4, 3 if same else 4)
