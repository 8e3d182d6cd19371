"""What every route of the API shares: the tools, who calls, and the request's idempotency key."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any

from fastapi import Depends, Header, Request
from pydantic import BaseModel

from config.container import Container
from pipeline.access import Caller, Scope, authenticate
from pipeline.errors import Forbidden, Invalid, Problem
from pipeline.idempotency import Once, once
from pipeline.review.people.people import require_right
from pipeline.review.roles import Right


# What follows without asking anybody is `async`: FastAPI sends every other dependency through its pool of threads, one by one,
# and that took a quarter of a request's processor time.
async def tools_of(request: Request) -> Container:
    """This process's container."""
    tools: Container = request.app.state.tools
    return tools


Tools = Annotated[Container, Depends(tools_of)]


async def correlation_id(request: Request) -> str:
    """The id that ties this request's log lines to all that follows from it."""
    return str(request.state.correlation_id)


Correlation = Annotated[str, Depends(correlation_id)]


def _caller(
    tools: Tools,
    authorization: Annotated[str | None, Header(description="`Bearer pd_…`, made by `proofdesk key create`")] = None,
) -> Caller:
    scheme, _, key = (authorization or "").partition(" ")
    return authenticate(key.strip() if scheme.lower() == "bearer" else None, db=tools.db)


def _with(scope: Scope) -> Callable[[Caller], Awaitable[Caller]]:
    async def check(caller: Annotated[Caller, Depends(_caller)]) -> Caller:
        if not caller.may(scope):
            raise Forbidden(
                f"This key has no scope {scope.value!r}. Create one that has: proofdesk key create --scope {scope.value}"
            )
        return caller

    return check


Submitter = Annotated[Caller, Depends(_with(Scope.SUBMIT))]
Admin = Annotated[Caller, Depends(_with(Scope.ADMIN))]


def _reviewer(caller: Annotated[Caller, Depends(_with(Scope.REVIEW))], tools: Tools) -> str:
    if caller.reviewer_id is None:
        raise Forbidden(
            "This key speaks for no reviewer. Create one that does: proofdesk key create --scope review --reviewer NAME"
        )
    require_right(caller.reviewer_id, Right.REVIEW, db=tools.db)
    return caller.reviewer_id


Reviewer = Annotated[str, Depends(_reviewer)]

Key = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=200,
        description="The same key and body give the first answer again; the same key with another body is refused.",
    ),
]


def request_once(key: str | None, *, owner: str, operation: str, body: BaseModel | None = None) -> Once | None:
    """The request's identity, where the client gave a key."""
    if key is None:
        return None
    value: Any = body.model_dump(mode="json") if body is not None else None
    return once(owner=owner, key=key, operation=operation, body=value)


def required_key(key: str | None) -> str:
    """The key of a request that must have one. Raises Invalid."""
    if key is None:
        message = "Send an Idempotency-Key header: a new one for each submission, the same one when you repeat it."
        raise Invalid([Problem("Idempotency-Key", "idempotency_key_required", message)])
    return key
