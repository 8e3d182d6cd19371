"""The console's own files under names that say their content, so that a browser may keep them for ever."""

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
    """Where a file of the folder `static` is served, `vendor/htmx.js` for one. Raises KeyError for one that is not there."""
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
    """A script names the scripts that it imports by their public names, so its own name says their content too."""
    text = _IMPORT.sub(lambda found: f'"./{_named(path.parent / found[1]).name}"', path.read_text())
    body = text.encode()
    name = f"{path.stem}.{sha256(body).hexdigest()[:_DIGITS]}{path.suffix}"
    return Asset(name, _TYPES[path.suffix], body)
