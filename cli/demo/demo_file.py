import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any, Final

FOLDER: Final = files("cli.demo") / "files"


@dataclass(frozen=True, slots=True)
class DemoFile:
    """One file as a member sends it: its name, its declared media type, and its bytes.

    `facts` are those that a reviewer reads in the file and types in; an avatar has none.
    """

    filename: str
    media_type: str
    body: bytes
    facts: Mapping[str, str | int] = field(default_factory=dict)


def demo_file(name: str) -> DemoFile:
    """The file of that name in files/facts.json. Raises KeyError if there is none."""
    entry = all_facts()[name]
    body = (FOLDER / entry["file"]).read_bytes().ljust(entry.get("padded_to", 0), b"\0")
    return DemoFile(entry["sent_as"], entry["media_type"], body, entry["facts"])


@cache
def all_facts() -> Mapping[str, Any]:
    """The content of files/facts.json, by name."""
    facts: Mapping[str, Any] = json.loads((FOLDER / "facts.json").read_text("utf-8"))
    return facts
