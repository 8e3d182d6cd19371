"""The console's static files, under names with a hash of their content, so that a browser may cache them for ever."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Final

_FOLDER: Final = Path(__file__).parent / "static"
_TYPES: Final = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
_IMPORT: Final = re.compile(r'(?<=from )"\./([\w-]+\.js)"')
_PATH: Final = "/console/static"
_DIGITS: Final = 12


@dataclass(frozen=True, slots=True)
class Asset:
    """One file as it is served: its public name, media type and bytes."""

    name: str
    media_type: str
    body: bytes


def address(name: str) -> str:
    """The address of a file in the folder `static`, for example `vendor/htmx.js`. Raises KeyError for an unknown file."""
    return f"{_PATH}/{_assets()[name].name}"


def asset(public_name: str) -> Asset | None:
    """The file with that public name."""
    return _by_public_name().get(public_name)


@cache
def _assets() -> Mapping[str, Asset]:
    files = [path for path in _FOLDER.rglob("*") if path.suffix in _TYPES]
    return {str(path.relative_to(_FOLDER)): _named(path) for path in files}


@cache
def _by_public_name() -> Mapping[str, Asset]:
    return {each.name: each for each in _assets().values()}


@cache
def _named(path: Path) -> Asset:
    """In a script, imports get the public names of the imported scripts, so its hash depends on their content, too."""
    text = _IMPORT.sub(lambda found: f'"./{_named(path.parent / found[1]).name}"', path.read_text())
    body = text.encode()
    name = f"{path.stem}.{sha256(body).hexdigest()[:_DIGITS]}{path.suffix}"
    return Asset(name, _TYPES[path.suffix], body)
