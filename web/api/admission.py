from collections.abc import AsyncIterator
from typing import Any, Final

from fastapi import Depends, Request

from config.container import Container
from pipeline.kernel.errors import Overloaded
from pipeline.kernel.idempotency import Once, was_seen

RETRY_AFTER_SECONDS: Final = 10

OVERLOADED: Final[dict[int | str, dict[str, Any]]] = {
    429: {"description": "Too many submissions wait. Repeat the request after `Retry-After`"}
}


async def _limited(request: Request) -> AsyncIterator[None]:
    async with request.app.state.intake_limit.entered():
        yield


LIMITED: Final = Depends(_limited)
"""Counts the request among those of intake that this process works on, before anything else is done for it."""


def admit(once: Once | None, *, tools: Container) -> None:
    """Let the request in, unless too many inspections wait. One that was answered before gets its answer again: it adds no work.

    Raises Overloaded, DatabaseUnavailable.
    """
    if tools.backlog.is_full() and not was_seen(tools.db, once):
        raise Overloaded(
            "Too many submissions wait for inspection. Nothing was done. "
            "Repeat the request with the same Idempotency-Key after the time in Retry-After.",
            retry_after_seconds=RETRY_AFTER_SECONDS,
        )
