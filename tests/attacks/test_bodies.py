"""Bodies of any size, at any pace, by anybody: what is not wanted is not read, and the web process does not grow."""

from collections.abc import Iterator
from typing import Any, Final

import pytest

from config.container import Container
from tests.support.http import Api
from tests.support.people import signed_in
from tests.support.web import Alone, own_process
from tests.support.wire import Answer, asked, wire
from web.console.session import cookie_name

MIB: Final = 2**20
HUGE: Final = 300 * MIB
JSON: Final = "application/json"
FORM: Final = "multipart/form-data; boundary=part"
FIRST_PART: Final = b'--part\r\nContent-Disposition: form-data; name="password"; filename="a"\r\n\r\n'

NEEDS_A_KEY: Final = (
    "POST /v1/submissions",
    "POST /v1/events",
    "PUT /v1/members/m-1/personal-information",
    "POST /v1/review/claims",
    "POST /v1/nothing-of-ours",
    "GET /v1/submissions",
)
NEEDS_A_SESSION: Final = (
    "POST /console/people",
    "POST /console/cases/01a20ae2-c8ef-7359-8ecd-dd7fd2c70749/redactions",
    "POST /console/nothing-of-ours",
)
FOR_ANYBODY: Final = (
    "POST /v1/sessions/open",
    "POST /v1/mail-events/sns",
    "POST /v1/unsubscribe/token",
    "POST /console/sign-in",
    "POST /console/invitation",
    "POST /public/avatars/a/b.jpg",
    "GET /readyz",
    "POST /nothing-of-ours",
)


@pytest.fixture(scope="module")
def web(all_servers: Container) -> Iterator[Alone]:
    with own_process(all_servers, body_seconds=0.5) as alone:
        yield alone


def announced(port: int, line: str, **headers: str) -> Answer:
    """The answer to a request whose huge body was announced, and of which not a byte was sent."""
    with wire(port) as open_wire:
        open_wire.head(line, Content_Length=str(HUGE), Content_Type=JSON, **headers)
        return open_wire.answer()


def poured(web: Alone, line: str, start: bytes, part: bytes, **headers: str) -> int:
    """Send a request and then as much of its body as is taken; how many of 300 MiB that was."""
    with wire(web.port) as open_wire:
        open_wire.head(line, **headers)
        open_wire.socket.sendall(start)
        return open_wire.pour(part, times=HUGE // MIB)


@pytest.mark.parametrize("line", NEEDS_A_KEY)
@pytest.mark.parametrize("key", [None, "pd_nothing", f"pd_{'0' * 32}_secret", f"pm_{'0' * 32}_secret"])
def test_who_has_no_key_is_told_so_before_a_byte_of_the_body_was_read(
    tools: Container, web: Alone, line: str, key: str | None
) -> None:
    assert tools.settings
    given = {"Authorization": f"Bearer {key}"} if key else {}

    answer = announced(web.port, line, **given)

    assert (answer.status, answer.code, answer.closes) == (401, "unauthenticated", True)


@pytest.mark.parametrize("line", NEEDS_A_SESSION)
@pytest.mark.parametrize("cookie", [None, "proofdesk=nothing"])
def test_who_is_signed_out_is_told_so_before_a_byte_of_the_form_was_read(
    tools: Container, web: Alone, line: str, cookie: str | None
) -> None:
    assert tools.settings

    answer = announced(web.port, line, **({"Cookie": cookie} if cookie else {}))

    assert (answer.status, answer.closes) == (401, True)


@pytest.mark.parametrize("line", FOR_ANYBODY)
def test_a_body_that_is_announced_too_long_is_refused_at_once(tools: Container, web: Alone, line: str) -> None:
    assert tools.settings

    answer = announced(web.port, line)

    assert (answer.status, answer.code, answer.closes) == (413, "body_too_large", True)


@pytest.mark.parametrize("line", NEEDS_A_KEY[:4])
def test_a_caller_with_a_key_is_bounded_too(api: Api, web: Alone, line: str) -> None:
    answer = announced(web.port, line, Authorization=f"Bearer {api.submit_key}")

    assert (answer.status, answer.code) == (413, "body_too_large")


@pytest.mark.parametrize("line", NEEDS_A_SESSION)
def test_a_person_who_is_signed_in_is_bounded_too(tools: Container, web: Alone, line: str) -> None:
    cookie = f"{cookie_name(tools)}={signed_in(tools).token}"

    answer = announced(web.port, line, Cookie=cookie)

    assert (answer.status, answer.code) == (413, "body_too_large")


@pytest.mark.parametrize("line", FOR_ANYBODY)
def test_a_body_of_unknown_length_is_counted(tools: Container, web: Alone, line: str) -> None:
    assert tools.settings
    chunk = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"
    with wire(web.port) as open_wire:
        open_wire.head(line, Transfer_Encoding="chunked", Content_Type=JSON)
        open_wire.pour(chunk, times=5)

        answer = open_wire.answer()

    assert (answer.status, answer.code, answer.closes) == (413, "body_too_large", True)


def test_three_hundred_mebibytes_leave_the_process_as_large_as_it_was(tools: Container, api: Api, web: Alone) -> None:
    mib = b"x" * MIB
    chunk = b"%x\r\n%s\r\n" % (MIB, mib)
    long, endless = {"Content_Length": str(HUGE)}, {"Transfer_Encoding": "chunked"}
    cookie = f"{cookie_name(tools)}={signed_in(tools).token}"
    asked(web.port, "GET /healthz")
    before = web.process.memory_info().rss

    taken = [
        poured(web, "POST /v1/submissions", b"", mib, Content_Type=JSON, **long),
        poured(web, "POST /v1/submissions", b"", chunk, Content_Type=JSON, **endless),
        poured(web, "POST /v1/events", b"", chunk, Authorization=f"Bearer {api.submit_key}", **endless),
        poured(web, "POST /v1/mail-events/sns", b"", chunk, **endless),
        poured(web, "POST /v1/sessions/open", b"", mib, Content_Type=JSON, **long),
        poured(web, "POST /console/sign-in", FIRST_PART, mib, Content_Type=FORM, **long),
        poured(web, NEEDS_A_SESSION[1], FIRST_PART, mib, Content_Type=FORM, Cookie=cookie, **long),
        poured(web, "GET /readyz", b"", chunk, **endless),
    ]

    assert max(taken) < HUGE // MIB // 2
    assert web.process.memory_info().rss - before < 100 * MIB
    assert asked(web.port, "GET /healthz").status == 200


@pytest.mark.parametrize("line", [*FOR_ANYBODY[:2], "POST /console/sign-in", "PUT /v1/members/m-1/privacy"])
@pytest.mark.parametrize("head", [{"Content_Length": "100"}, {"Transfer_Encoding": "chunked"}], ids=["long", "chunked"])
def test_a_body_that_does_not_come_to_its_end_is_given_up(
    api: Api, web: Alone, line: str, head: dict[str, str]
) -> None:
    with wire(web.port) as open_wire:
        open_wire.head(line, Content_Type=JSON, Authorization=f"Bearer {api.submit_key}", **head)
        open_wire.socket.sendall(b"5\r\n{ \r\n" if "Transfer_Encoding" in head else b"{ ")

        answer = open_wire.answer()

        assert (answer.status, answer.code, answer.closes) == (408, "body_too_slow", True)
        assert open_wire.is_closed()


def test_a_body_as_long_as_its_route_takes_is_read(api: Api, web: Alone) -> None:
    most = b" " * 256 * 1024
    key: dict[str, Any] = {"Authorization": f"Bearer {api.submit_key}", "Content_Type": JSON, "Idempotency_Key": "one"}

    answers = [
        asked(web.port, line, body, **key)
        for line, body in [
            ("POST /v1/submissions", most),
            ("POST /v1/submissions", most + b" "),
            ("POST /v1/events", most[: 64 * 1024]),
            ("POST /v1/events", most[: 64 * 1024] + b" "),
        ]
    ]

    assert [each.status for each in answers] == [422, 413, 422, 413]


@pytest.mark.parametrize(
    ("line", "headers", "status", "code"),
    [
        ("GET /healthz?" + "q" * 9_000, {}, 414, "uri_too_long"),
        ("GET /v1/submissions?cursor=" + "q" * 9_000, {}, 414, "uri_too_long"),
        ("GET /console/find?q=" + "q" * 9_000, {}, 414, "uri_too_long"),
        ("GET /public/avatars/a/" + "q" * 9_000, {}, 414, "uri_too_long"),
        ("GET /healthz", {"X_Long": "x" * 40_000}, 431, "headers_too_large"),
        ("GET /v1/submissions", {"Authorization": "x" * 40_000}, 431, "headers_too_large"),
        ("GET /console/", {"Cookie": "x" * 40_000}, 431, "headers_too_large"),
    ],
)
def test_an_address_and_headers_are_bounded(
    web: Alone, line: str, headers: dict[str, Any], status: int, code: str
) -> None:
    answer = asked(web.port, line, b"", **headers)

    assert (answer.status, answer.code) == (status, code)


@pytest.mark.parametrize(
    ("start", "part"),
    [
        (b"GET /healthz HTTP/1.1\r\nHost: a\r\nX-Long: ", b"x" * MIB),
        (b"GET /healthz HTTP/1.1\r\nHost: a\r\n", b"X-More: x\r\n" * 50_000),
        (b"GET /", b"q" * MIB),
        (
            b"POST /v1/sessions/open HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n",
            b"X-T: x\r\n" * 99_999,
        ),
        (b"POST /v1/sessions/open HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1;", b"x" * MIB),
    ],
    ids=["a header", "many headers", "a path", "trailers", "the extension of a chunk"],
)
def test_what_is_no_body_and_never_ends_is_cut_off(web: Alone, start: bytes, part: bytes) -> None:
    with wire(web.port) as open_wire:
        open_wire.socket.sendall(start)

        assert open_wire.pour(part, times=HUGE // MIB) < HUGE // MIB // 2
