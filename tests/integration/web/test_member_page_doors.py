"""What browsers may ask of the store and of the API, and what the member's page lets its own document do."""

from typing import Any

import pytest

from config.container import Container
from pipeline.kernel.errors import StorageUnavailable
from tests.support.faults import without_storage
from tests.support.http import BROWSER, Api

CENTRE = "https://members.example.com"


def preflight(origin: str, method: str, headers: str) -> dict[str, str]:
    return {"Origin": origin, "Access-Control-Request-Method": method, "Access-Control-Request-Headers": headers}


def test_the_embedded_store_answers_a_browser_that_asks_before_it_puts(api: Api) -> None:
    slot = api.post("/v1/uploads", {"purpose": "avatar", "media_type": "image/jpeg", "length": 3}).json()

    asked = BROWSER.options(slot["url"], headers=preflight(CENTRE, "PUT", "content-type"))
    unsigned = BROWSER.put(slot["url"].partition("?")[0], content=b"abc", headers={"Origin": CENTRE})

    assert (asked.status_code, asked.headers["access-control-allow-origin"]) == (200, "*")
    assert "PUT" in asked.headers["access-control-allow-methods"]
    assert unsigned.status_code == 403


def test_a_store_that_keeps_no_rules_for_browsers_says_so_and_one_that_is_away_is_an_error(tools: Container) -> None:
    assert tools.storage.let_pages_put([CENTRE]) == "BucketAlreadyOwnedByYou"

    with without_storage(tools) as away, pytest.raises(StorageUnavailable):
        away.storage.let_pages_put([CENTRE])


@pytest.mark.parametrize(("origin", "allowed"), [(CENTRE, CENTRE), ("https://elsewhere.example.com", None)])
def test_of_other_origins_the_member_centre_alone_may_call_the_api(api: Api, origin: str, allowed: str | None) -> None:
    asked = preflight(origin, "POST", "authorization,content-type,idempotency-key")

    answer = api.client.options("/v1/submissions", headers=asked)

    assert answer.headers.get("access-control-allow-origin") == allowed
    assert "access-control-allow-credentials" not in answer.headers


def test_the_page_may_load_itself_alone_and_call_itself_and_the_store(tools: Container, api: Api) -> None:
    page: Any = api.client.get("/member/")
    policy = dict(each.split(" ", 1) for each in page.headers["content-security-policy"].split("; "))

    assert policy["default-src"] == "'none'"
    assert (policy["script-src"], policy["style-src"]) == ("'self'", "'self'")
    assert policy["connect-src"] == f"'self' {tools.storage.outside}"
    assert policy["frame-ancestors"] == f"'self' {CENTRE}"
    assert "@" not in page.headers["content-security-policy"]
    assert (page.headers["cache-control"], page.headers["referrer-policy"]) == ("no-store", "no-referrer")
