from collections.abc import Callable
from typing import Final, Protocol

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from pipeline.kernel.errors import ProofdeskError
from web.edge.bodies import Places, again, has_body, require_short
from web.edge.errors import AddressTooLong, CallerLeft, HeadersTooLarge
from web.edge.routes import ADDRESS_BYTES, HEADER_BYTES, cap_of

_CLOSE: Final = {"Connection": "close"}


class Doorkeeper(Protocol):
    """Finds out who calls, for one part of the application."""

    async def admit(self, scope: Scope, *, with_body: bool) -> str:
        """Who calls, as the owner of a place for a body. Leaves the caller in the scope's state. Raises ProofdeskError."""
        ...

    def refuse(self, scope: Scope, error: ProofdeskError) -> Response:
        """The answer to somebody who was not admitted."""
        ...


class Door:
    """ASGI middleware: first the size of the head, then who calls, then the body. What is refused never reaches the application.

    FastAPI reads and parses a body before any dependency runs, so all of this happens before FastAPI.
    """

    def __init__(self, app: ASGIApp, *, keeper: Doorkeeper, places: Places, mine: Callable[[str], bool]) -> None:
        self._app, self._keeper, self._places, self._mine = app, keeper, places, mine

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let one request in, or answer it."""
        if scope["type"] != "http" or not self._mine(scope["path"]):
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        with_body = has_body(headers)
        try:
            inside = await self._received(scope, headers, receive) if with_body else await self._entered(scope, receive)
        except ProofdeskError as error:
            answer = self._keeper.refuse(scope, error)
            answer.headers.update(_CLOSE if with_body else {})
            await answer(scope, receive, send)
        except CallerLeft:
            return
        else:
            await self._app(scope, inside, send)

    async def _entered(self, scope: Scope, receive: Receive) -> Receive:
        _require_small_head(scope)
        await self._keeper.admit(scope, with_body=False)
        return receive

    async def _received(self, scope: Scope, headers: Headers, receive: Receive) -> Receive:
        _require_small_head(scope)
        owner = await self._keeper.admit(scope, with_body=True)
        most = cap_of(scope["method"], scope["path"])
        require_short(headers, most=most)
        body = await self._places.received(receive, owner=owner, most=most)
        scope.setdefault("state", {})["sent"] = body
        return again(body, receive)


def _require_small_head(scope: Scope) -> None:
    if len(scope.get("raw_path") or b"") + len(scope["query_string"]) > ADDRESS_BYTES:
        raise AddressTooLong(ADDRESS_BYTES)
    if sum(len(name) + len(value) for name, value in scope["headers"]) > HEADER_BYTES:
        raise HeadersTooLarge(HEADER_BYTES)
