"""Every door of the web process with a text in it that cannot be kept: found from its routes, so that a new route is attacked too."""

import inspect
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from starlette.routing import Mount

NUL: Final = "a\x00b"
HALF: Final = "a\ud800b"
NOBODY: Final = "01a20ae2-c8ef-7359-8ecd-dd7fd2c70749"
CONSOLE: Final = Path(__file__).parents[2] / "web/console"

_IN_FORM: Final = re.compile(r'(?:form, |form\.get\(|form\.getlist\()"([a-z_]+)"')
_IN_PAGE: Final = re.compile(r'\bname="([a-z_]+)"')
_PLAUSIBLE: Final = {
    "member_id": "m-1",
    "email": "ada@shop.example.com",
    "recipient": "ada@shop.example.com",
    "address": "ada@shop.example.com",
    "business_email": "ada@shop.example.com",
    "url": "https://shop.example.com/hooks",
    "country": "DE",
    "currency": "USD",
    "stage": "verified",
    "identity": "wholesaler",
    "media_type": "image/jpeg",
    "locale": "en",
    "phone": "+8613800138000",
}


@dataclass(frozen=True)
class Door:
    """One method and path, the names in its path and its query, and the endpoint behind it."""

    method: str
    path: str
    query: tuple[str, ...]
    endpoint: Any

    def __str__(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def names(self) -> list[str]:
        """The names in the path."""
        return re.findall(r"\{([a-z_]+)(?::[a-z]+)?\}", self.path)

    def at(self, known: Mapping[str, str], **other: str) -> str:
        """The path with what is known in it, else with nobody's id."""
        return re.sub(r"\{([a-z_]+)(?::[a-z]+)?\}", lambda found: {**known, **other}.get(found[1], NOBODY), self.path)


def doors(app: FastAPI, before: str = "") -> Iterator[Door]:
    """Every route of an application, those of the applications and of the folders beneath it included."""
    for context in iter_route_contexts(app.routes):
        route = getattr(context, "original_route", context)
        if isinstance(route, Mount):
            if isinstance(route.app, FastAPI):
                yield from doors(route.app, before + route.path)
            else:
                yield Door("GET", f"{before}{route.path}/{{file}}", (), route.app)
            continue
        names = tuple(sorted(set(_query_of(getattr(route, "dependant", None)))))
        for method in sorted((context.methods or set()) - {"HEAD"}):
            yield Door(method, f"{before}{context.path}", names, route.endpoint)


def fields_of(door: Door) -> list[str]:
    """The fields that the module behind a form reads by name."""
    return sorted(set(_IN_FORM.findall(inspect.getsource(inspect.getmodule(door.endpoint)))))  # type: ignore[arg-type]


def all_fields() -> list[str]:
    """Every field of every form of the console, by its templates."""
    found = {name for page in (CONSOLE / "templates").rglob("*.html") for name in _IN_PAGE.findall(page.read_text())}
    return sorted(found - {"csrf"})


def bodies(document: Mapping[str, Any], door: Door, poison: str) -> Iterator[bytes]:
    """Bodies of JSON for a route of the API, each with the poison in the place of one text, and as the name of one field."""
    operation = document["paths"].get(door.path, {}).get(door.method.lower(), {})
    schema = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
    if schema is None:
        return
    for example in _examples(schema, document):
        yield json.dumps({**example, poison: poison} if isinstance(example, dict) else poison).encode()
        for place in _texts(example):
            yield json.dumps(_replaced(example, place, poison)).encode()


def _query_of(dependant: Any) -> Iterator[str]:
    if dependant is None:
        return
    yield from (each.alias for each in dependant.query_params)
    for inner in dependant.dependencies:
        yield from _query_of(inner)


def _examples(schema: Mapping[str, Any], document: Mapping[str, Any], name: str = "") -> list[Any]:
    """A value for each alternative of a schema."""
    if "$ref" in schema:
        return _examples(document["components"]["schemas"][schema["$ref"].rpartition("/")[2]], document, name)
    for several in ("oneOf", "anyOf"):
        if several in schema:
            return [each for one in schema[several] for each in _examples(one, document, name) if each is not None]
    if "allOf" in schema:
        return _examples(schema["allOf"][0], document, name)
    return [_example(schema, document, name)]


def _example(schema: Mapping[str, Any], document: Mapping[str, Any], name: str) -> Any:
    if fixed := [schema["const"]] if "const" in schema else schema.get("enum"):
        return fixed[0]
    match schema.get("type"):
        case "object":
            more = schema.get("additionalProperties")
            named = {"text": "x"} if isinstance(more, dict) else {}
            inner = schema.get("properties", {})
            return named | {key: (_examples(each, document, key) or [None])[0] for key, each in inner.items()}
        case "array":
            return _examples(schema.get("items", schema.get("prefixItems", [{}])[0]), document, name)[:1]
    others = {"integer": schema.get("minimum", 1), "number": schema.get("minimum", 1), "boolean": True, "null": None}
    if schema.get("type") in others:
        return others[schema["type"]]
    formats = {"uuid": NOBODY, "date": "2026-03-01", "date-time": "2026-03-01T09:30:00Z", "email": "ada@example.com"}
    return _PLAUSIBLE.get(name) or formats.get(schema.get("format", "")) or "words"


def _texts(value: Any, before: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The places of all texts in a value."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, each in inner:
        yield from _texts(each, (*before, key))
    if isinstance(value, str):
        yield before


def _replaced(value: Any, place: tuple[Any, ...], by: str) -> Any:
    if not place:
        return by
    copied = dict(value) if isinstance(value, dict) else list(value)
    copied[place[0]] = _replaced(copied[place[0]], place[1:], by)
    return copied
