"""Who uses the console, found out once for each request, before its form is read."""

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Scope

from config.container import Container
from pipeline.access.staff.devices import device_of
from pipeline.access.staff.rules.tries import Device
from pipeline.access.staff.sessions import SignedOut, session_of
from pipeline.kernel import clock
from pipeline.kernel.errors import ProofdeskError
from web import problems
from web.console import errors
from web.console.origin import SAFE
from web.console.session import device_cookie_name, session_token
from web.edge import strangers
from web.edge.routes import Credential, credential_of, door_of


class Visitors:
    """The doorkeeper of the console."""

    def __init__(self, tools: Container) -> None:
        self._tools = tools

    async def admit(self, scope: Scope, *, with_body: bool) -> str:
        """Leave the session in the scope's state as `session`, or count a stranger. Raises SignedOut, RateLimited.

        A signed-out person who only asks for a page is let in, and the page sends them to the sign-in form.
        """
        if credential_of(scope["path"]) is Credential.SESSION:
            try:
                return await self._signed_in(scope)
            except SignedOut:
                if with_body or scope["method"] not in SAFE:
                    await strangers.count(scope, self._tools)
                    raise
        device = await self._device(scope)
        return await strangers.count(scope, self._tools, whose=f"device:{device.id}" if device else None)

    def refuse(self, scope: Scope, error: ProofdeskError) -> Response:
        """A page for a browser, and a problem document for a program."""
        request = Request(scope)
        reads_pages = "HX-Request" in request.headers or "text/html" in request.headers.get("accept", "")
        if reads_pages or isinstance(error, SignedOut):
            return errors.answer(request, error)
        return problems.answer(error)

    async def _signed_in(self, scope: Scope) -> str:
        token = session_token(Request(scope), self._tools)
        if token is None:
            raise SignedOut("You are signed out. Sign in again; what you have decided is kept.")
        rules = self._tools.policy.sign_in
        session = await run_in_threadpool(session_of, token, db=self._tools.db, rules=rules)
        scope["state"]["session"] = session
        return f"session:{session.id.hex}"

    async def _device(self, scope: Scope) -> Device | None:
        """The device from which somebody has signed in before, at the sign-in form only."""
        cookie = Request(scope).cookies.get(device_cookie_name(self._tools))
        if cookie is None or door_of(scope["path"]) != "sign-in":
            return None
        device = await run_in_threadpool(
            device_of, cookie, now=clock.now(), db=self._tools.db, sealer=self._tools.sealer
        )
        scope["state"]["device"] = device
        return device
