"""Each event as JSON Schema (draft 2020-12): the whole message that an endpoint is sent."""

from collections.abc import Mapping
from typing import Any, Final

from schemas.events import EVENTS, EventType

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"


def event_schema(event_type: str) -> dict[str, Any]:
    """The schema of the messages of that type. Raises ValueError for an unknown type."""
    shape = EVENTS[EventType(event_type)]
    data = shape.model_json_schema(mode="serialization")
    data["required"] = list(data["properties"])  # what has a default is sent, too
    shared = {"$defs": data.pop("$defs")} if "$defs" in data else {}
    return {
        "$schema": DIALECT,
        "$id": f"urn:proofdesk:event:{event_type}",
        "title": event_type,
        "description": data.pop("description"),
        "type": "object",
        "properties": {
            "type": {"const": event_type},
            "timestamp": {"type": "string", "format": "date-time"},
            "data": data,
            "livemode": {
                "type": "boolean",
                "description": "False for what a test key caused; true, or left out, for all else",
            },
        },
        "required": ["type", "timestamp", "data"],
        "additionalProperties": False,
        **shared,
    }


def fields_of(event_type: str) -> Mapping[str, str]:
    """The fields of `data` and what they hold, in words."""
    properties = event_schema(event_type)["properties"]["data"]["properties"]
    return {name: _in_words(each) for name, each in properties.items()}


def _in_words(schema: Mapping[str, Any]) -> str:
    if "anyOf" in schema:
        return " or ".join(_in_words(each) for each in schema["anyOf"])
    if schema.get("type") == "array":
        return f"list of {_in_words(schema['items'])}"
    return str(schema.get("format") or schema.get("type") or schema.get("$ref", "").rpartition("/")[2])
