"""The OpenAPI document: FastAPI's, completed with the errors that each route may answer and with authentication."""

from collections.abc import Iterator
from http import HTTPStatus
from typing import Any, Final

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from schemas.problems import ProblemDocument
from web.api.scopes import NO_KEY_NEEDED, SCOPES
from web.problems import MEDIA_TYPE

_VERBS: Final = frozenset({"get", "put", "post", "delete", "patch"})
_AFTER: Final = {"Retry-After": {"description": "Seconds to wait before the next try", "schema": {"type": "integer"}}}
_SCHEME: Final = {
    "type": "http",
    "scheme": "bearer",
    "description": "A service's key `pd_…`, made by `proofdesk key create`, or a member's session `pm_…`. "
    "Each operation names the scope that a key needs. Routes without one are for members' sessions.",
}


def install(app: FastAPI) -> None:
    """Let the app serve this document."""

    def document() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _document(app)
        return app.openapi_schema

    app.openapi = document  # type: ignore[method-assign]


def _document(app: FastAPI) -> dict[str, Any]:
    made = get_openapi(title=app.title, version=app.version, description=app.description, routes=app.routes)
    shapes = made["components"]["schemas"]
    shapes.pop("HTTPValidationError", None)
    shapes.pop("ValidationError", None)
    problem = ProblemDocument.model_json_schema(ref_template="#/components/schemas/{model}")
    shapes.update(problem.pop("$defs"))
    shapes[ProblemDocument.__name__] = problem
    made["components"]["securitySchemes"] = {"key": _SCHEME}
    for path, item in made["paths"].items():
        for verb in _VERBS & item.keys():
            _complete(item[verb], path, verb)
    _drop_nested_discriminators(made)
    return made


def _drop_nested_discriminators(part: Any) -> None:
    """Remove a discriminator that maps to another union, which has no name in the document: the union alone stays."""
    if isinstance(part, dict):
        mapping = (
            part.get("discriminator", {}).get("mapping", {}) if isinstance(part.get("discriminator"), dict) else {}
        )
        if not all(isinstance(each, str) for each in mapping.values()):
            del part["discriminator"]
    for each in part.values() if isinstance(part, dict) else part if isinstance(part, list) else ():
        _drop_nested_discriminators(each)


def _complete(operation: dict[str, Any], path: str, verb: str) -> None:
    """Add authentication and errors to a route. Errors that the route names keep their description."""
    route = f"{verb.upper()} {path}"
    needs_key = path.startswith("/v1/") and route not in NO_KEY_NEEDED
    if needs_key:
        operation["security"] = [{"key": [SCOPES[route]] if route in SCOPES else []}]
    responses = operation["responses"]
    named = [HTTPStatus(int(code)) for code in responses if int(code) >= HTTPStatus.BAD_REQUEST]
    for status in (*named, *_errors(operation, path, verb, needs_key=needs_key)):
        before = responses.get(str(int(status)), {})
        responses[str(int(status))] = _problem(status, str(before.get("description", "")))


def _errors(operation: dict[str, Any], path: str, verb: str, *, needs_key: bool) -> Iterator[HTTPStatus]:
    """The errors that a route may answer, by its parameters, its body and its method."""
    yield HTTPStatus.TOO_MANY_REQUESTS
    if needs_key:
        yield from (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)
    if "{" in path:
        yield HTTPStatus.NOT_FOUND
    if operation.get("parameters") or "requestBody" in operation:
        yield HTTPStatus.UNPROCESSABLE_ENTITY
    if "requestBody" in operation:
        yield from (HTTPStatus.BAD_REQUEST, HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    if verb != "get":
        yield HTTPStatus.CONFLICT
    if path.startswith("/v1/"):
        yield from (HTTPStatus.INTERNAL_SERVER_ERROR, HTTPStatus.SERVICE_UNAVAILABLE)


def _problem(status: HTTPStatus, words: str) -> dict[str, Any]:
    shape = {"$ref": f"#/components/schemas/{ProblemDocument.__name__}"}
    said: dict[str, Any] = {"description": words or status.phrase, "content": {MEDIA_TYPE: {"schema": shape}}}
    later = status in {HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE}
    return {**said, "headers": _AFTER} if later else said
