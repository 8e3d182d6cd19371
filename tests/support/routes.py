"""Every route of the real application beneath a prefix, and what it answers to somebody."""

import re
from collections.abc import Iterator
from typing import Any, Final

import httpx
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from starlette.routing import Mount

NOBODY: Final = "01a20ae2-c8ef-7359-8ecd-dd7fd2c70749"
"""In place of each id in a path: well-formed, and of nothing that there is."""

OUT, NO, IN = "asked to sign in", "refused", "let in"


def routes(app: FastAPI, *prefixes: str) -> list[str]:
    """`GET /console/people/{reviewer_id}` and so on; what signs out comes last."""
    found = [each for each in _routes(app, "") if each.partition(" ")[2].startswith(prefixes)]
    return sorted(found, key=lambda route: (route.endswith("/sign-out"), route))


def path_of(route: str) -> str:
    """A path to call, with nobody's ids."""
    return re.sub(r"\{[^}]+\}", NOBODY, route.partition(" ")[2])


def answer_of(answer: httpx.Response) -> str:
    """What became of the caller: asked to sign in, refused, or let in to whatever the route then says of an empty request."""
    if answer.status_code == 401 or answer.headers.get("location", "").startswith("/console/sign-in?page="):
        return OUT
    assert answer.status_code < 500, f"{answer.url}: {answer.text}"
    return NO if answer.status_code == 403 else IN


def _routes(app: Any, before: str) -> Iterator[str]:
    for route in iter_route_contexts(app.routes):
        mounted = getattr(route, "original_route", route)
        if isinstance(mounted, Mount) and isinstance(mounted.app, FastAPI):
            yield from _routes(mounted.app, before + mounted.path)
        else:
            yield from (f"{method} {before}{route.path}" for method in sorted(route.methods or ()) if method != "HEAD")
