"""Writes the scopes of the API's routes into docs/api.md, from their table: `make scopes`."""

import re
from pathlib import Path
from typing import Final

from web.api.scopes import SCOPES

DOCUMENT: Final = Path(__file__).parents[2] / "docs/api.md"
_MARKED: Final = re.compile(r"(?<=<!-- scopes -->\n).*(?=<!-- /scopes -->)", re.DOTALL)


def with_scopes(document: str) -> str:
    """The document with the table of scopes between its two marks."""
    return _MARKED.sub(lambda _: _table(), document)


def _table() -> str:
    rows = ["| scope | opens |", "|---|---|"]
    for scope in dict.fromkeys(SCOPES.values()):
        opened = ", ".join(f"`{route}`" for route, needed in SCOPES.items() if needed is scope)
        rows.append(f"| `{scope}` | {opened} |")
    return "\n".join(rows) + "\n"


if __name__ == "__main__":
    DOCUMENT.write_text(with_scopes(DOCUMENT.read_text()))
