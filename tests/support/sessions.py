"""A member's session, as upstream and the member's page go about it."""

from typing import Any

import httpx

from tests.support.bodies import avatar_body, member
from tests.support.files import photo
from tests.support.http import BROWSER, Api
from tests.support.methods import number_body


class Session:
    """The page of one member: opened by a link from upstream, then calling with its own credential."""

    def __init__(self, api: Api, member_id: str = "m-1", **profile: Any) -> None:
        self.api, self.member_id = api, member_id
        self.profile = member(**profile)
        self.credential = opened(api, link(api, member_id, **profile)).json()["credential"]

    def call(self, method: str, path: str, **more: Any) -> httpx.Response:
        return self.api.call(method, path, key=self.credential, **more)

    def get(self, path: str, **params: Any) -> httpx.Response:
        return self.call("GET", path, params=params)

    def post(self, path: str, body: object = None, *, once: str = "once") -> httpx.Response:
        return self.call("POST", path, json=body, headers={"Idempotency-Key": once})

    def uploaded(self, body: bytes | None = None, *, once: str = "upload") -> str:
        """The key of a file that was put into a slot of this session."""
        body = body or photo()
        slot = self.post(
            "/v1/uploads", {"purpose": "avatar", "media_type": "image/jpeg", "length": len(body)}, once=once
        ).json()
        assert BROWSER.put(slot["url"], content=body, headers=slot["headers"]).status_code == 200
        return str(slot["key"])

    def avatar(self, key: str, **more: Any) -> dict[str, Any]:
        return {**avatar_body(key, member_id=self.member_id), "member": self.profile, **more}

    def number(self, **more: Any) -> dict[str, Any]:
        return {**number_body(member_id=self.member_id), "member": self.profile, **more}


def link(api: Api, member_id: str = "m-1", **profile: Any) -> str:
    made = api.post("/v1/sessions", {"member_id": member_id, "member": member(**profile)})
    assert made.status_code == 201, made.text
    return str(made.json()["url"])


def opened(api: Api, url: str) -> httpx.Response:
    return api.call("POST", "/v1/sessions/open", key=None, json={"ticket": url.partition("#")[2]})
