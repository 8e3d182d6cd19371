"""A query parameter that a route does not take is refused: a filter that is misspelt must not answer with everything."""

from collections.abc import Iterator
from typing import Final

from fastapi import Depends, Request
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from pipeline.kernel.errors import Invalid, Problem
from web.api.scopes import NO_KEY_NEEDED

_API: Final = "/v1/"


async def _known(request: Request) -> None:
    """Raises Invalid, with a problem for each. Links that people open without a key may carry what mail programs add."""
    given = request.scope["query_string"]
    if not given:
        return
    route = request.scope["route"]
    if not route.path.startswith(_API) or f"{request.method} {route.path}" in NO_KEY_NEEDED:
        return
    taken = _taken_by(route)
    if unknown := sorted(request.query_params.keys() - taken):
        raise Invalid([_problem(name, taken) for name in unknown])


KNOWN_QUERY: Final = Depends(_known)
"""For every route: it comes before what a route does and records."""


def _taken_by(route: APIRoute) -> frozenset[str]:
    return frozenset(_names(route.dependant))


def _names(dependant: Dependant) -> Iterator[str]:
    yield from (field.alias for field in dependant.query_params)
    for each in dependant.dependencies:
        yield from _names(each)


def _problem(name: str, taken: frozenset[str]) -> Problem:
    listed = f"It takes {', '.join(sorted(taken))}." if taken else "It takes none."
    return Problem(name, "unknown_parameter", f"This route has no query parameter of this name. {listed}")
