"""The OpenAPI document, and a house in which everything that it can name is there."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any

import schemathesis
from hypothesis import strategies as st
from schemathesis import GenerationMode

from config.container import Container
from config.settings import Settings
from pipeline.access.api_keys import Scope, create_key
from pipeline.account.unsubscribe import Leaving, token_of
from pipeline.events.webhooks import endpoints
from pipeline.kernel.encryption import fresh_key
from pipeline.kernel.ids import new_id
from schemas.events import EndpointRequest
from tests.support.desk import Desk
from tests.support.methods import email_body
from tests.support.servers import empty
from web.app import create_app

NOWHERE = {
    "database_url": "postgresql://nowhere",
    "broker_url": "redis://nowhere",
    "storage_url": "http://nowhere",
    "smtp_url": "smtp://nowhere",
    "encryption_keys": fresh_key(),
}

ERASES = ("DELETE", "/v1/members/{member_id}")
"""It erases whoever is asked for, never the member whom the other routes ask for."""


@cache
def document() -> dict[str, Any]:
    """The document alone needs no server."""
    made: dict[str, Any] = create_app(Container(Settings.model_validate(NOWHERE))).openapi()
    return made


def operations() -> list[tuple[str, str]]:
    """Verb and path of everything under `/v1`."""
    paths = document()["paths"].items()
    return [(verb, path) for path, item in paths for verb in item if path.startswith("/v1/")]


@dataclass(frozen=True)
class House:
    """A web process with a key that opens everything, and what the parameters of its paths may name."""

    schema: Any
    key: str
    known: dict[str, str]

    def operation(self, verb: str, path: str) -> Any:
        return self.schema[path][verb.upper()]

    def ask(self, case: Any, *, known: bool) -> Any:
        """The answer to a case, about something that is there where that is wished."""
        if known:
            given = {name: value for name, value in self.known.items() if name in case.path_parameters}
            if (case.method.upper(), case.path) == ERASES:
                given = {}
            case.path_parameters = {**case.path_parameters, **given}
        return case.call(headers={"Authorization": f"Bearer {self.key}"})

    def ask_without_a_key(self, verb: str, path: str) -> Any:
        """The answer to a stranger, about something that is there."""
        return self.operation(verb, path).Case(path_parameters=dict(self.known)).call()


def cases(operation: Any) -> st.SearchStrategy[Any]:
    """Requests that the document allows, and such as it does not."""
    modes = (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
    return st.one_of(*(operation.as_strategy(generation_mode=mode) for mode in modes))


def furnished(tools: Container) -> House:
    """A member with an avatar, one case in review that is claimed, one that waits for its code, an endpoint, and a decision."""
    empty(tools)
    desk = Desk(tools)
    desk.submit_avatar("m-1")
    desk.inspect()
    decided = desk.approve()
    desk.let_backoff_pass()
    desk.run_due()
    waiting = desk.accept(email_body(member_id="m-1"))
    desk.case_waiting("m-1", kind="verification")
    claim = desk.claimed()
    endpoint = endpoints.add(EndpointRequest(url="https://shop.example.com/hooks"), db=tools.db, sealer=tools.sealer)
    _, key = create_key("everything", [Scope.ADMIN], reviewer_id="r-1", db=tools.db)
    with tools.db.begin() as connection:
        token = token_of(connection, Leaving("m-1", "notifications"), sealer=tools.sealer, policy=tools.policy)
    known = {
        "member_id": "m-1",
        "submission_id": str(waiting.id),
        "claim_id": str(claim.id),
        "decision_id": str(decided.id),
        "endpoint_id": str(endpoint.endpoint_id),
        "identity": "wholesaler",
        "event_type": "submission.received",
        "review_id": str(new_id()),
        "session_id": str(new_id()),
        "key_id": str(new_id()),
        "redaction_id": str(new_id()),
        "token": token,
    }
    app = create_app(tools)
    app.router.lifespan_context = _leaving_the_clients_open
    return House(schemathesis.openapi.from_asgi("/openapi.json", app), key, known)


@asynccontextmanager
async def _leaving_the_clients_open(_app: object) -> AsyncIterator[None]:
    """The next tests use them, and who asks ends the life of the application whenever it likes."""
    yield
