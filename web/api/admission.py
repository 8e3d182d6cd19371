"""Whether a request may add to the work that waits."""

from collections.abc import AsyncIterator
from typing import Any, Final

from fastapi import Depends, Request

from config.container import Container
from pipeline.kernel.errors import Overloaded
from pipeline.kernel.idempotency import Once, was_seen

RETRY_AFTER_SECONDS: Final = 10

OVERLOADED: Final[dict[int | str, dict[str, Any]]] = {
    429: {"description": "Too much waits: repeat after `Retry-After`"}
}


async def _seated(request: Request) -> AsyncIterator[None]:
    """A seat among the few that intake has in this process, taken before anything else is done for the request."""
    async with request.app.state.seats.taken():
        yield


SEATED: Final = Depends(_seated)


def admit(once: Once | None, *, tools: Container) -> None:
    """Let the request in, unless too many inspections wait. One that was answered before gets its answer again: it adds nothing.

    Raises Overloaded, DatabaseUnavailable.
    """
    if tools.backlog.is_full() and not was_seen(tools.db, once):
        raise Overloaded(
            "Too many submissions wait for inspection. Nothing was done. "
            "Repeat the request with the same Idempotency-Key after the time in Retry-After.",
            retry_after_seconds=RETRY_AFTER_SECONDS,
        )
