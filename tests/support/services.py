"""Upstream services with keys of their own, each of which sees what it sent."""

from typing import Any
from uuid import UUID, uuid4

import httpx

from pipeline.access.api_keys import create_key
from pipeline.access.rules.keys import UNBOUNDED, Bounds
from pipeline.access.rules.scopes import EVERYBODYS, Scope
from tests.support.http import Api

OWN: tuple[Scope, ...] = tuple(scope for scope in Scope if not scope.is_for_all and ":" in scope)
"""All that a service may do with what it sent itself."""
ALL: tuple[Scope, ...] = tuple(Scope(f"{scope}:all") for scope in OWN)
"""The same with what others sent."""
SINGLE: tuple[Scope, ...] = (*OWN, *(scope for scope in Scope if scope.resource in EVERYBODYS and ":" in scope))
"""Each scope that a route can need, but for those that need `:all`."""


class Service:
    """A service that calls with its key."""

    def __init__(self, api: Api, *scopes: Scope, name: str = "service", bounds: Bounds = UNBOUNDED) -> None:
        self.api = api
        self.db = api.client.app.state.tools.db
        self.key_id, self.key = create_key(name, scopes or OWN, reviewer_id=None, bounds=bounds, db=self.db)

    def over(self, key_id: UUID, key: str) -> "Service":
        """The same service with another key."""
        other = Service.__new__(Service)
        other.api, other.db, other.key_id, other.key = self.api, self.db, key_id, key
        return other

    def call(
        self, method: str, path: str, body: object = None, *, once: str | None = None, **params: Any
    ) -> httpx.Response:
        given: dict[str, Any] = {} if body is None else {"json": body}
        headers = {"Idempotency-Key": once or str(uuid4())}
        return self.api.call(method, path, key=self.key, headers=headers, params=params, **given)

    def get(self, path: str, **params: Any) -> httpx.Response:
        return self.call("GET", path, **params)

    def post(self, path: str, body: object = None, *, once: str | None = None) -> httpx.Response:
        return self.call("POST", path, {} if body is None else body, once=once)

    def submit(self, body: object, *, once: str | None = None) -> httpx.Response:
        return self.post("/v1/submissions", body, once=once)
