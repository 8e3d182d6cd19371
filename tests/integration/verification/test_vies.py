"""VIES as a web server of this process plays it."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from pipeline.verification.vies import Advice, Vies

Answer = Callable[[BaseHTTPRequestHandler, dict[str, str]], None]


@contextmanager
def playing(answer: Answer) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            assert self.path == "/vies/rest-api/check-vat-number"
            answer(self, asked)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/vies/rest-api"
    finally:
        server.shutdown()
        server.server_close()
        thread.join(timeout=30)


def saying(status: int, body: object) -> Answer:
    def answer(request: BaseHTTPRequestHandler, _asked: dict[str, str]) -> None:
        written = body if isinstance(body, bytes) else json.dumps(body).encode()
        request.send_response(status)
        request.send_header("Content-Length", str(len(written)))
        request.end_headers()
        request.wfile.write(written)

    return answer


@pytest.mark.parametrize(
    ("status", "body", "advice"),
    [
        (200, {"valid": True, "name": "BLUE DOOR LTD"}, Advice("registered", "BLUE DOOR LTD")),
        (200, {"valid": True, "name": "---"}, Advice("registered", None)),
        (200, {"valid": False, "name": "---"}, Advice("not_registered", None)),
        (200, {"actionSucceed": False, "errorWrappers": [{"error": "MS_UNAVAILABLE"}]}, Advice("unavailable")),
        (200, [], Advice("unavailable")),
        (200, b"<html>", Advice("unavailable")),
        (500, {}, Advice("unavailable")),
    ],
)
def test_an_answer_becomes_advice(status: int, body: object, advice: Advice) -> None:
    with playing(saying(status, body)) as url:
        vies = Vies(url)
        found = vies.look_up("DE", "136695976")
        vies.close()

    assert found == advice


def test_greece_is_asked_for_under_the_name_that_vies_gives_it() -> None:
    asked: list[dict[str, str]] = []

    def answer(request: BaseHTTPRequestHandler, body: dict[str, str]) -> None:
        asked.append(body)
        saying(200, {"valid": True})(request, body)

    with playing(answer) as url:
        vies = Vies(url)
        vies.look_up("GR", "094259216")
        vies.close()

    assert asked == [{"countryCode": "EL", "vatNumber": "094259216"}]


def test_a_register_that_does_not_answer_is_not_waited_for() -> None:
    stop = threading.Event()

    def answer(_request: BaseHTTPRequestHandler, _asked: dict[str, str]) -> None:
        stop.wait(timeout=60)

    with playing(answer) as url:
        vies = Vies(url, timeout=0.2)
        found = vies.look_up("DE", "136695976")
        stop.set()
        vies.close()

    assert found == Advice("unavailable")


def test_a_register_that_is_not_there_says_nothing() -> None:
    vies = Vies("http://127.0.0.1:1")

    assert vies.look_up("DE", "136695976") == Advice("unavailable")
    vies.close()


def test_a_country_that_is_not_in_the_union_is_not_asked_for() -> None:
    vies = Vies("http://127.0.0.1:1")

    assert vies.look_up("US", "911144442") == Advice("not_covered")
    vies.close()
