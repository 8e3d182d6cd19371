import json
from contextvars import ContextVar
from typing import Annotated, Any, Final

from fastapi import Depends, Header, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel

from config.container import Container
from pipeline.access.caller import Caller, Unauthenticated
from pipeline.access.personal_keys import is_own
from pipeline.access.staff.accounts import require_right
from pipeline.access.staff.leads import require_lead
from pipeline.access.staff.rules.roles import Right
from pipeline.kernel.credentials import Credential, CredentialKind, act_by
from pipeline.kernel.errors import Forbidden, Invalid, Problem
from pipeline.kernel.idempotency import Once, once
from schemas.base import Identifier
from web.api.reach import admitted

REQUIRED: Final = "x-required"
"""Marks a parameter that the API's description has as required."""

SENT: Final[ContextVar[bytes]] = ContextVar("sent")
"""The body of the request that is answered, as it came."""


# Dependencies that do no I/O are `async`: FastAPI runs every other one in its pool of threads, one by one, and that took a quarter
# of a request's processor time.
async def tools_of(request: Request) -> Container:
    """This process's container."""
    tools: Container = request.app.state.tools
    return tools


Tools = Annotated[Container, Depends(tools_of)]


async def correlation_id(request: Request) -> str:
    """The id that ties this request's log lines to all that follows from it."""
    return str(request.state.correlation_id)


Correlation = Annotated[str, Depends(correlation_id)]


def _caller(request: Request, tools: Tools) -> Caller:
    """The caller whom the door has let in, before the body was read, with what this request may see. Raises Unauthenticated."""
    caller: Caller | None = getattr(request.state, "caller", None)
    if caller is None:
        raise Unauthenticated("Send an API key: Authorization: Bearer pd_…")
    return admitted(caller, request, tools.db)


async def _acting_caller(request: Request, caller: Annotated[Caller, Depends(_caller)]) -> Caller:
    """The caller, whose credential the history has from here on, with what they sent. It is no thread of the pool, where that would be lost."""
    kind = CredentialKind.KEY if caller.speaker is None else CredentialKind.MEMBER_SESSION
    act_by(Credential(kind, str(caller.key_id)))
    SENT.set(getattr(request.state, "sent", b""))
    return caller


async def _service(caller: Annotated[Caller, Depends(_acting_caller)]) -> Caller:
    if caller.speaker is not None:
        raise Forbidden("This is not open to a member's session. Ask for it with an API key of a service.")
    return caller


Submitter = Annotated[Caller, Depends(_service)]
"""A service whose key has the route's scope (`web/api/scopes.py`), and reaches the member in the path."""

Admin = Submitter
"""The same, for routes of administration."""


async def _service_or_member(caller: Annotated[Caller, Depends(_acting_caller)]) -> Caller:
    return caller


SubmitterOrMember = Annotated[Caller, Depends(_service_or_member)]
"""A service, or a member's session. A route with data of a member must look at `reach`."""


async def _service_or_this_member(member_id: Identifier, caller: SubmitterOrMember) -> Caller:
    if not caller.may_act_for(member_id):
        raise Forbidden("A member's session is for its own member only.")
    return caller


SubmitterOrThisMember = Annotated[Caller, Depends(_service_or_this_member)]
"""A service, or the session of the member in the path."""


async def _session(caller: Annotated[Caller, Depends(_acting_caller)]) -> Caller:
    if caller.speaker is None:
        raise Forbidden("An API key is no member's session. Make a link with POST /v1/sessions and open it.")
    return caller


MemberSession = Annotated[Caller, Depends(_session)]


def _spoken_for(caller: Submitter, tools: Tools) -> str:
    """The person for whom the key speaks. Raises Forbidden."""
    if caller.reviewer_id is None:
        raise Forbidden("This key speaks for no reviewer. Sign in to the console and make one under Your account.")
    if tools.settings.profile == "production" and not is_own(caller.key_id, caller.reviewer_id, db=tools.db):
        raise Forbidden(
            f"{caller.reviewer_id} did not make this key, so it does not speak for them. They make one in the console, under Your account."
        )
    return caller.reviewer_id


def _reviewer(person: Annotated[str, Depends(_spoken_for)], tools: Tools) -> str:
    require_right(person, Right.REVIEW, db=tools.db)
    return person


Reviewer = Annotated[str, Depends(_reviewer)]


def _lead(person: Annotated[str, Depends(_spoken_for)], request: Request, tools: Tools) -> str:
    require_lead(person, request.path_params.get("member_id"), db=tools.db)
    return person


Lead = Annotated[str, Depends(_lead)]
"""A person who may correct, and has nothing to do with the member in the path."""

Key = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=200,
        description="Send the same key when you repeat a request: it returns the first answer. The same key with another body is refused.",
    ),
]

RequiredKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=200,
        description="Required. Send the same key when you repeat a request: it returns the first answer, by any door and any key of the service. "
        "The same key with another body is refused.",
        json_schema_extra={REQUIRED: True},
    ),
]
"""The same for a route that calls `required_key`, whose error says what to send. The API's description has it as required."""


class SchemaResponse(JSONResponse):
    """A JSON Schema."""

    media_type = "application/schema+json"


def request_once(key: str | None, *, owner: str, operation: str, body: BaseModel | None = None) -> Once | None:
    """The identity of a request for idempotency; None without a key."""
    if key is None:
        return None
    value: Any = body.model_dump(mode="json") if body is not None else None
    return once(
        owner=owner, key=key, operation=operation, sent=value_sent() if body is not None else None, validated=value
    )


def value_sent() -> Any:
    """The JSON value of this request's body, as its caller sent it."""
    return json.loads(SENT.get())


def required_key(key: str | None) -> str:
    """The key of a request that must have one. Raises Invalid."""
    if key is None:
        message = "Send an Idempotency-Key header: a new one for each submission, the same one when you repeat it."
        raise Invalid([Problem("Idempotency-Key", "idempotency_key_required", message)])
    return key
