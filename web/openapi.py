"""The OpenAPI document: FastAPI's, completed with the errors that each route may answer and with authentication."""

from collections.abc import Iterator
from http import HTTPStatus
from typing import Any, Final

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from schemas.events import EVENTS
from schemas.problems import ProblemDocument
from schemas.published import event_schema
from web.api.dependencies import REQUIRED
from web.api.scopes import NO_KEY_NEEDED, SCOPES
from web.problems import MEDIA_TYPE

_VERBS: Final = frozenset({"get", "put", "post", "delete", "patch"})
_SENDS_CODES: Final = ("/code/resend", "/email/code")
"""Routes whose conflict may be that a code was sent a moment ago: it says after how many seconds another one may be."""
_SIGNED: Final = {
    "webhook-id": "The event's id: the same when it is sent again",
    "webhook-timestamp": "When this try was made, in seconds since 1970",
    "webhook-signature": "Signatures by each valid secret (Standard Webhooks)",
}
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
    made["webhooks"] = dict(_webhooks(shapes))
    for path, item in made["paths"].items():
        for verb in _VERBS & item.keys():
            _complete(item[verb], path, verb)
    _drop_nested_discriminators(made)
    return made


def _webhooks(shapes: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """What an endpoint is sent, by the event's type. Shapes that several events share are put to the others."""
    for event_type in EVENTS:
        message = event_schema(event_type)
        message.pop("$schema"), message.pop("$id")
        shapes.update(message.pop("$defs", {}))
        yield str(event_type), {"post": _delivery(event_type, _in_components(message))}


def _delivery(event_type: str, message: dict[str, Any]) -> dict[str, Any]:
    headers = [
        {"name": name, "in": "header", "required": True, "description": words, "schema": {"type": "string"}}
        for name, words in _SIGNED.items()
    ]
    return {
        "summary": message["title"],
        "description": message["description"],
        "operationId": f"send_{event_type.replace('.', '_')}",
        "tags": ["webhooks"],
        "security": [],
        "parameters": headers,
        "requestBody": {"required": True, "content": {"application/json": {"schema": message}}},
        "responses": {
            "2XX": {"description": "Taken. Anything else is sent again later"},
            "410": {"description": "The endpoint is paused"},
        },
    }


def _in_components(part: Any) -> Any:
    """The same with references to shapes of the document."""
    if isinstance(part, dict):
        return {name: _in_components(each) for name, each in part.items()}
    if isinstance(part, list):
        return [_in_components(each) for each in part]
    return part.replace("#/$defs/", "#/components/schemas/") if isinstance(part, str) else part


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
    for parameter in operation.get("parameters", ()):
        _require(parameter)
    responses = operation["responses"]
    named = [HTTPStatus(int(code)) for code in responses if int(code) >= HTTPStatus.BAD_REQUEST]
    for status in (*named, *_errors(operation, path, verb, needs_key=needs_key)):
        before = responses.get(str(int(status)), {})
        responses[str(int(status))] = _problem(status, str(before.get("description", "")))
    if path.endswith(_SENDS_CODES):
        responses[str(int(HTTPStatus.CONFLICT))]["headers"] = _AFTER


def _require(parameter: dict[str, Any]) -> None:
    """Show a parameter as required that the route itself asks for, with an error of its own."""
    shape = parameter["schema"]
    if shape.pop(REQUIRED, False):
        parameter["required"] = True
        parameter["schema"] = {
            **next(each for each in shape["anyOf"] if each["type"] != "null"),
            "title": shape["title"],
        }


def _errors(operation: dict[str, Any], path: str, verb: str, *, needs_key: bool) -> Iterator[HTTPStatus]:
    """The errors that a route may answer, by its parameters, its body and its method."""
    yield HTTPStatus.TOO_MANY_REQUESTS
    if needs_key:
        yield from (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)
    if "{" in path:
        yield HTTPStatus.NOT_FOUND
    if needs_key or operation.get("parameters") or "requestBody" in operation:
        yield HTTPStatus.UNPROCESSABLE_ENTITY
    if "requestBody" in operation:
        yield from (HTTPStatus.BAD_REQUEST, HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    if verb != "get":
        yield HTTPStatus.CONFLICT
    if path.startswith(("/v1/", "/public/")):
        yield from (HTTPStatus.INTERNAL_SERVER_ERROR, HTTPStatus.SERVICE_UNAVAILABLE)


def _problem(status: HTTPStatus, words: str) -> dict[str, Any]:
    shape = {"$ref": f"#/components/schemas/{ProblemDocument.__name__}"}
    said: dict[str, Any] = {"description": words or status.phrase, "content": {MEDIA_TYPE: {"schema": shape}}}
    later = status in {HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE}
    return {**said, "headers": _AFTER} if later else said
