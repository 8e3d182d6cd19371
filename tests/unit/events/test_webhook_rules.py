from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from cli.event_types import markdown
from schemas.events import EVENTS
from schemas.published import event_schema

DOCUMENT = Path(__file__).parents[3] / "docs" / "events.md"


@pytest.mark.parametrize("event_type", EVENTS)
def test_each_event_is_published_as_a_sound_schema_with_a_version(event_type: str) -> None:
    schema = event_schema(event_type)

    Draft202012Validator.check_schema(schema)
    data = schema["properties"]["data"]
    assert data["properties"]["version"] == {"title": "Version", "type": "integer"}
    assert set(data["required"]) == set(data["properties"])


def test_the_page_about_events_says_what_the_schemas_say() -> None:
    assert DOCUMENT.read_text().rstrip().endswith(markdown())
