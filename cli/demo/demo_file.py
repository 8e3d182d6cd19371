import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any, Final

FOLDER: Final = files("cli.demo") / "files"


@dataclass(frozen=True, slots=True)
class DemoFile:
    """One file as a member would send it: its name, the media type it is declared as, and its bytes.

    `facts` are what a reviewer reads off the file and types in; a file that is nobody's proof has none.
    """

    filename: str
    media_type: str
    body: bytes
    facts: Mapping[str, str | int] = field(default_factory=dict)


def demo_file(name: str) -> DemoFile:
    """The file of that name in files/facts.json, with what is said of it there. Raises KeyError if there is none."""
    said = said_of_files()[name]
    body = (FOLDER / said["file"]).read_bytes().ljust(said.get("padded_to", 0), b"\0")
    return DemoFile(said["sent_as"], said["media_type"], body, said["facts"])


@cache
def said_of_files() -> Mapping[str, Any]:
    """All of files/facts.json, by name."""
    said: Mapping[str, Any] = json.loads((FOLDER / "facts.json").read_text("utf-8"))
    return said
