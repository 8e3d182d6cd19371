"""Who calls the API, found out once for each request, before its body: a service's key or a member's session."""

from contextlib import suppress
from typing import Final

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import Scope

from config.container import Container
from pipeline.access.api_keys import authenticate
from pipeline.access.caller import Caller, Unauthenticated
from pipeline.access.member_sessions import SESSION, caller_of
from pipeline.kernel.errors import DatabaseUnavailable, ProofdeskError
from pipeline.kernel.rate_limits import Allowance, refused
from web import problems
from web.edge import strangers
from web.edge.routes import Credential, credential_of

MAY_HAVE_KEY: Final = frozenset({"/readyz"})
"""Paths that answer a stranger, and say more to somebody with a key."""


class Callers:
    """The doorkeeper of everything but the console."""

    def __init__(self, tools: Container) -> None:
        self._tools = tools

    async def admit(self, scope: Scope, *, with_body: bool) -> str:  # noqa: ARG002  (a session may need to know)
        """Leave the caller in the scope's state as `caller`, or count a stranger. Raises Unauthenticated, RateLimited."""
        if credential_of(scope["path"]) is Credential.KEY:
            return await self._known(scope)
        if scope["path"] in MAY_HAVE_KEY and "authorization" in Headers(scope=scope):
            with suppress(
                DatabaseUnavailable
            ):  # then nobody can be known, and a stranger's answer is true all the same
                return await self._known(scope)
        return await strangers.count(scope, self._tools)

    def refuse(self, scope: Scope, error: ProofdeskError) -> Response:  # noqa: ARG002  (a page may need it)
        """A problem document."""
        return problems.answer(error)

    async def _known(self, scope: Scope) -> str:
        try:
            caller, allowance, too_many = await run_in_threadpool(_identified, presented(scope), self._tools)
        except Unauthenticated:
            await strangers.count(scope, self._tools)
            raise
        scope["state"].update(caller=caller, allowance=allowance)
        if allowance is not None and too_many:
            raise refused(allowance)
        return f"key:{caller.key_id.hex}"


def presented(scope: Scope) -> str:
    """The credential of the header `Authorization: Bearer …`; empty where there is none."""
    scheme, _, credential = Headers(scope=scope).get("authorization", "").partition(" ")
    return credential.strip() if scheme.lower() == "bearer" else ""


def _identified(credential: str, tools: Container) -> tuple[Caller, Allowance | None, bool]:
    member = credential.startswith(f"{SESSION}_")
    caller = caller_of(credential, db=tools.db) if member else authenticate(credential or None, db=tools.db)
    return caller, *tools.rates.counted(caller.key_id.hex)
