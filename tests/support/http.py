"""The HTTP API as a client of ours uses it."""

import warnings
from copy import copy
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import httpx

from config.container import Container
from pipeline.access.api_keys import Scope, create_key
from pipeline.access.staff.reviewers import add_reviewer
from tests.support.web import app_of

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # the test client would rather have httpx2
    from fastapi.testclient import TestClient

if TYPE_CHECKING:
    from collections.abc import Mapping

BROWSER = httpx.Client(trust_env=False, timeout=60)
"""Speaks to the object store as a member's browser does: with the links that it was given and nothing else."""


def client_of(tools: Container) -> Any:
    """A client of the web process over `tools`."""
    return TestClient(app_of(tools), raise_server_exceptions=False)


class Api:
    """Calls with a key for submitting and one for reviewing; a new idempotency key for each POST unless one is given."""

    def __init__(self, tools: Container, *, reviewer: str = "r-1") -> None:
        self.client: Any = client_of(tools)
        self._database = tools.db
        self.web_url = tools.settings.web_url
        add_reviewer(reviewer, db=tools.db)
        _, self.submit_key = create_key("upstream", [Scope.SUBMIT_ALL], reviewer_id=None, db=tools.db)
        _, self.review_key = create_key("desk", [Scope.REVIEW], reviewer_id=reviewer, db=tools.db)

    def over(self, tools: Container) -> "Api":
        """The same caller at a web process that has other clients."""
        other = copy(self)
        other.client = client_of(tools)
        return other

    def call(self, method: str, path: str, *, key: str | None, **more: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        headers |= more.pop("headers", {})
        response: httpx.Response = self.client.request(method, path, headers=headers, **more)
        return response

    def look(self, url: str) -> httpx.Response:
        """What a link of a case shows to a browser that has no key."""
        return self.call("GET", url.removeprefix(self.web_url), key=None)

    def get(self, path: str, **params: Any) -> httpx.Response:
        return self.call("GET", path, key=self.submit_key, params=params)

    def post(self, path: str, body: object = None, *, once: str | None = None, **headers: str) -> httpx.Response:
        key = self.review_key if path.startswith("/v1/review") else self.submit_key
        given: Mapping[str, str] = {"Idempotency-Key": once or str(uuid4()), **headers}
        return self.call("POST", path, key=key, headers=given, json=body)

    def readiness(self) -> httpx.Response:
        """What the process can reach, as an administrator sees it."""
        _, key = create_key("operator", [Scope.ADMIN], reviewer_id=None, db=self._database)
        return self.call("GET", "/readyz", key=key)

    def submit(self, body: object, *, once: str | None = None, **headers: str) -> httpx.Response:
        return self.post("/v1/submissions", body, once=once, **headers)


def problems(response: httpx.Response) -> list[tuple[str, str]]:
    """The path and code of each thing that is wrong."""
    assert response.headers["content-type"] == "application/problem+json", response.text
    return [(each["path"], each["code"]) for each in response.json()["errors"]]
