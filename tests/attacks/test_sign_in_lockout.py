"""Guessing at one account, at many, or at names that nobody has never keeps anybody out whose password is right."""

import threading
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Final

import pytest
import time_machine

from config.container import Container
from pipeline.access.staff.devices import device_cookie, device_of
from pipeline.access.staff.rules.sign_in import SignInRefused
from pipeline.access.staff.rules.tries import Device, TooManyTries
from pipeline.access.staff.sign_in import change_password, sign_in
from pipeline.access.staff.tables import sign_in_tries
from pipeline.kernel import clock
from tests.support.desk import Desk
from tests.support.people import PASSWORD, Visitor, hasty, person, signed_in
from tests.support.servers import variant
from web.console.session import cookie_name, device_cookie_name

HERE, ELSEWHERE = "192.0.2.7", "198.51.100.9"
OWNERS: Final = Device("m.lee", "laptop")


class Clock:
    """The time that tries are made at."""

    def __init__(self) -> None:
        self.now: datetime = clock.now()

    def forward(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


@pytest.fixture
def tools(tools: Container) -> Container:
    return hasty(tools)


@pytest.fixture
def time() -> Clock:
    return Clock()


Try = Callable[..., str]


@pytest.fixture
def enter(tools: Container, time: Clock) -> Try:
    def entered(name: str, given: str = PASSWORD, *, address: str = HERE, device: Device | None = None) -> str:
        return sign_in(name, given, address=address, now=time.now, context=tools.sign_in_context, device=device)

    return entered


def guess(enter: Try, count: int, names: Callable[[int], str], addresses: Callable[[int], str]) -> None:
    """Guess wrong that often, whether the guess is checked or refused."""
    for number in range(count):
        with pytest.raises((SignInRefused, TooManyTries)):
            enter(names(number), "wrong", address=addresses(number))


def many(number: int) -> str:
    """An address of its own for each number."""
    return f"203.0.113.{number}"


def test_guesses_at_invented_names_keep_nobody_at_that_address_out(tools: Container, enter: Try) -> None:
    person(tools)

    guess(enter, 100, lambda number: f"invented-{number}", lambda _: HERE)

    assert enter("m.lee")


def test_guesses_at_one_account_keep_no_other_out_at_that_address(tools: Container, enter: Try) -> None:
    person(tools, "m.lee")
    person(tools, "c.adler")

    guess(enter, 50, lambda _: "c.adler", lambda _: HERE)

    assert enter("m.lee")


@pytest.mark.parametrize("addresses", [many, lambda _: HERE], ids=["from many addresses", "from the owner's"])
def test_a_device_of_the_owner_passes_whatever_others_guess(
    tools: Container, enter: Try, addresses: Callable[[int], str]
) -> None:
    person(tools)

    guess(enter, 50, lambda _: "m.lee", addresses)

    assert enter("m.lee", device=OWNERS)


def test_an_owner_at_a_new_address_is_let_in_after_the_pause(tools: Container, enter: Try, time: Clock) -> None:
    person(tools)
    guess(enter, 20, lambda _: "m.lee", many)

    time.forward(tools.policy.sign_in.first_pause_seconds)

    assert enter("m.lee", address=ELSEWHERE)


def test_who_was_told_to_wait_is_let_in_after_that_whatever_others_do_meanwhile(
    tools: Container, enter: Try, time: Clock
) -> None:
    person(tools)
    guess(enter, 20, lambda _: "m.lee", many)
    with pytest.raises(TooManyTries) as told:
        enter("m.lee", address=ELSEWHERE)

    for _ in range(told.value.seconds):
        time.forward(1)
        guess(enter, 3, lambda _: "m.lee", many)

    assert enter("m.lee", address=ELSEWHERE)


def test_a_turn_is_good_for_one_try(tools: Container, enter: Try, time: Clock) -> None:
    person(tools)
    guess(enter, 20, lambda _: "m.lee", many)
    with pytest.raises(TooManyTries) as told:
        enter("m.lee", "wrong", address=ELSEWHERE)
    time.forward(told.value.seconds)

    with pytest.raises(SignInRefused):
        enter("m.lee", "wrong", address=ELSEWHERE)
    with pytest.raises(TooManyTries):
        enter("m.lee", address=ELSEWHERE)


def test_guessing_is_slowed_down_wherever_it_comes_from(tools: Container, enter: Try) -> None:
    person(tools)
    outcomes: list[type[Exception]] = []
    for number in range(30):
        with pytest.raises((SignInRefused, TooManyTries)) as raised:
            enter("m.lee", "wrong", address=many(number))
        outcomes.append(raised.type)

    assert outcomes.count(SignInRefused) == tools.policy.sign_in.tries_per_account


@pytest.mark.parametrize("device", [OWNERS, Device("c.adler", "laptop"), None], ids=["own", "another's", "none"])
def test_a_device_may_not_guess_for_ever_either(tools: Container, enter: Try, device: Device | None) -> None:
    person(tools)
    for _ in range(tools.policy.sign_in.tries_per_account):
        with pytest.raises(SignInRefused):
            enter("m.lee", "wrong", device=device)

    with pytest.raises(TooManyTries):
        enter("m.lee", device=device)


def test_a_device_that_guessed_keeps_its_owner_out_nowhere_else(tools: Container, enter: Try) -> None:
    person(tools)
    for _ in range(tools.policy.sign_in.tries_per_account):
        with pytest.raises(SignInRefused):
            enter("m.lee", "wrong", device=OWNERS)

    assert enter("m.lee", address=ELSEWHERE)
    assert enter("m.lee", device=Device("m.lee", "telephone"))


def test_guesses_of_strangers_do_not_stop_a_person_who_is_signed_in(tools: Container, enter: Try, time: Clock) -> None:
    person(tools)
    guess(enter, 30, lambda _: "m.lee", lambda _: HERE)

    assert change_password(
        "m.lee", PASSWORD, "a quite different phrase", address=HERE, now=time.now, context=tools.sign_in_context
    )


def test_nothing_that_is_counted_names_a_person_or_an_address(enter: Try, desk: Desk) -> None:
    guess(enter, 10, lambda _: "m.lee", many)

    kept = " ".join(row.whose for row in desk.rows(sign_in_tries))

    assert kept
    assert "m.lee" not in kept
    assert "203.0.113" not in kept


def test_a_browser_in_which_somebody_signed_in_is_known_from_then_on(tools: Container, enter: Try) -> None:
    person(tools)
    browser = Visitor(tools)
    told = browser.sign_in().headers.get_list("set-cookie")
    browser.post("/console/sign-out")
    guess(enter, 30, lambda _: "m.lee", lambda _: "testclient")

    assert Visitor(tools).sign_in().status_code == 429
    assert browser.sign_in().status_code == 303
    (known,) = [each for each in told if "-device=" in each]
    assert "HttpOnly" in known
    assert "Max-Age=15552000" in known


def test_the_cookie_of_a_device_opens_nothing_and_cannot_be_forged(tools: Container) -> None:
    person(tools)
    mine = cookie_for("c.adler", tools)
    browser = Visitor(tools)
    browser.client.cookies.set(cookie_name(tools), mine, domain="testserver.local")
    browser.client.cookies.set(device_cookie_name(tools), mine, domain="testserver.local")

    assert browser.get("/console/").status_code == 303
    assert browser.sign_in(password="wrong").status_code == 401
    mixed = cookie_for("m.lee", tools)[:20] + mine[20:]
    assert [device_in(each, tools) for each in ("", "x", mine[:-1], f"{mine}x", mixed)] == [None] * 5


def test_a_device_in_which_nobody_signed_in_for_long_is_a_strangers(tools: Container) -> None:
    cookie = cookie_for("m.lee", tools)

    with time_machine.travel(clock.now() + timedelta(days=tools.policy.sign_in.device_days, seconds=2)):
        assert device_in(cookie, tools) is None


def test_a_browser_keeps_its_name_for_the_same_person_and_gets_another_one_for_another(tools: Container) -> None:
    first = device_in(cookie_for("m.lee", tools), tools)

    again = device_in(cookie_for("m.lee", tools, before=first), tools)
    other = device_in(cookie_for("c.adler", tools, before=first), tools)

    assert first == again
    assert (first is not None, other is not None) == (True, True)
    assert first != other


def cookie_for(reviewer_id: str, tools: Container, *, before: Device | None = None) -> str:
    rules = tools.policy.sign_in
    return device_cookie(reviewer_id, before=before, now=clock.now(), db=tools.db, sealer=tools.sealer, rules=rules)


def device_in(cookie: str, tools: Container) -> Device | None:
    return device_of(cookie, now=clock.now(), db=tools.db, sealer=tools.sealer)


@pytest.fixture
def full(tools: Container) -> Iterator[None]:
    """One address has all the passwords checked that it may at once, and these take as long as the test."""
    held = threading.Event()
    passwords = tools.sign_in_context.passwords
    seats = passwords.strangers
    taken = threading.Semaphore(0)

    def hold() -> None:
        with seats.taken(HERE):
            taken.release()
            held.wait()

    threads = [threading.Thread(target=hold) for _ in range(2)]
    for thread in threads:
        thread.start()
    for _ in threads:
        assert taken.acquire(timeout=60)
    yield
    held.set()
    for thread in threads:
        thread.join()


def test_who_has_all_seats_keeps_no_known_device_waiting(tools: Container, enter: Try, full: None) -> None:
    assert full is None
    person(tools)

    assert enter("m.lee", address=ELSEWHERE, device=OWNERS)
    assert signed_in(tools, "c.adler").get("/console/preferences").status_code == 200


def test_a_flood_at_other_doors_of_an_address_leaves_its_sign_in_open(tools: Container) -> None:
    person(tools)
    strict = hasty(variant(tools, stranger_limit=3))
    browser = Visitor(strict)
    flood = [browser.get("/public/avatars/a/b.jpg").status_code for _ in range(9)]

    assert flood.count(429) == 6
    assert browser.sign_in().status_code == 303
