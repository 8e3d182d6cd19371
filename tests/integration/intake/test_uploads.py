from datetime import UTC, datetime, timedelta
from typing import Any, cast
from urllib.parse import unquote, urlsplit

import httpx
import pytest
from botocore.auth import S3SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from config.container import Container
from tests.support.desk import Desk
from tests.support.files import photo
from tests.support.http import BROWSER, Api, problems

JPEG = "image/jpeg"


def slot_body(length: int = 1000, **more: Any) -> dict[str, Any]:
    return {"purpose": "avatar", "media_type": JPEG, "length": length, **more}


def slot_for(api: Api, body: bytes) -> dict[str, Any]:
    slot: dict[str, Any] = api.post("/v1/uploads", slot_body(len(body))).json()
    return slot


def put(slot: dict[str, Any], body: bytes, **headers: str) -> httpx.Response:
    return BROWSER.put(slot["url"], content=body, headers={**slot["headers"], **headers})


def test_a_slot_takes_the_file_that_it_was_made_for(api: Api, tools: Container) -> None:
    body = photo()
    slot = slot_for(api, body)

    assert put(slot, body).status_code == 200

    assert tools.storage.read(tools.storage.uploads, slot["key"]) == body
    assert slot["method"] == "PUT"
    assert datetime.fromisoformat(slot["expires_at"]) > datetime.now(UTC) + timedelta(minutes=14)


def test_the_store_refuses_another_type(api: Api, tools: Container) -> None:
    body = photo()
    slot = slot_for(api, body)

    assert put(slot, body, **{"Content-Type": "text/html"}).status_code == 403

    assert tools.storage.read(tools.storage.uploads, slot["key"]) is None


@pytest.mark.parametrize("change", [b"", b"one byte too many, or more"], ids=["shorter", "longer"])
def test_the_store_refuses_another_length(api: Api, tools: Container, change: bytes) -> None:
    body = photo()
    slot = slot_for(api, body)
    other = body + change if change else body[:-1]

    refused = put(slot, other, **{"Content-Length": str(len(other))})

    assert refused.status_code == 403
    assert tools.storage.read(tools.storage.uploads, slot["key"]) is None


def test_the_store_refuses_another_key(api: Api, tools: Container) -> None:
    body = photo()
    slot = slot_for(api, body)
    elsewhere = {**slot, "url": slot["url"].replace(slot["key"], "avatar/of-somebody-else")}

    assert put(elsewhere, body).status_code == 403

    assert tools.storage.read(tools.storage.uploads, "avatar/of-somebody-else") is None


class SignedYesterday(S3SigV4QueryAuth):
    """The signature that a slot of yesterday bears."""

    def add_auth(self, request: Any) -> None:
        stamp, botocore = datetime.now(UTC) - timedelta(days=1), cast("Any", self)
        request.context["timestamp"] = stamp.strftime("%Y%m%dT%H%M%SZ")
        botocore._modify_request_before_signing(request)  # noqa: SLF001  (only botocore signs as botocore does)
        to_sign = self.string_to_sign(request, self.canonical_request(request))
        botocore._inject_signature_to_request(request, self.signature(to_sign, request))  # noqa: SLF001


def test_the_store_refuses_a_slot_that_has_expired(tools: Container) -> None:
    store = urlsplit(tools.settings.storage_url)
    assert store.username is not None
    assert store.password is not None
    body = photo()
    headers = {"Content-Type": JPEG, "Content-Length": str(len(body))}
    url = f"{tools.storage.outside}/{tools.storage.uploads}/avatar/late"
    request = AWSRequest("PUT", url, headers=headers)
    credentials = Credentials(unquote(store.username), unquote(store.password))
    SignedYesterday(credentials, "s3", "us-east-1", 900).add_auth(request)

    refused = BROWSER.put(str(request.url), content=body, headers=headers)

    assert refused.status_code == 403
    assert "expired" in refused.text
    assert tools.storage.read(tools.storage.uploads, "avatar/late") is None


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"length": 3 * 1024 * 1024 + 1}, ("length", "file_too_large")),
        ({"length": -1}, ("length", "invalid_value")),
        ({"purpose": "video"}, ("purpose", "unknown_purpose")),
        ({"media_type": "a picture"}, ("media_type", "invalid_value")),
        ({"colour": "blue"}, ("colour", "unknown_field")),
        ({"avatar": "blue"}, ("avatar", "unknown_field")),
    ],
)
def test_a_slot_that_the_policy_has_not_is_refused(
    api: Api, changes: dict[str, object], problem: tuple[str, str]
) -> None:
    response = api.post("/v1/uploads", slot_body(**changes))  # type: ignore[arg-type]

    assert response.status_code == 422
    assert problems(response) == [problem]


def test_a_material_may_be_larger_and_of_more_types_than_an_avatar(api: Api) -> None:
    body = slot_body(20 * 1024 * 1024, purpose="material", media_type="application/pdf")

    response = api.post("/v1/uploads", body)

    assert response.status_code == 201
    assert response.json()["key"].startswith("material/")


def test_the_same_key_gives_the_same_slot_again(api: Api, desk: Desk) -> None:
    first = api.post("/v1/uploads", slot_body(), once="once")

    second = api.post("/v1/uploads", slot_body(), once="once")

    assert {**second.json(), "url": ""} == {**first.json(), "url": ""}
    assert put(second.json(), b"x" * 1000).status_code == 200
    assert desk.sql("SELECT count(*) FROM upload_slot") == [(1,)]


def test_the_same_key_with_another_length_is_refused(api: Api) -> None:
    api.post("/v1/uploads", slot_body(), once="once")

    response = api.post("/v1/uploads", slot_body(1001), once="once")

    assert (response.status_code, response.json()["code"]) == (422, "idempotency_key_reused")
