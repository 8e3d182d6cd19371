"""Writes the console's keys into docs/console.md, from their table: `make keys`."""

import re
from pathlib import Path
from typing import Final

from web.console.shortcuts import SHORTCUTS, caps

DOCUMENT: Final = Path(__file__).parents[2] / "docs/console.md"
_MARKED: Final = re.compile(r"(?<=<!-- keys -->\n).*(?=<!-- /keys -->)", re.DOTALL)


def with_keys(document: str) -> str:
    """The document with the table of keys between its two marks."""
    return _MARKED.sub(lambda _: _table(), document)


def _table() -> str:
    rows = ["| key | does |", "|---|---|"]
    for title, lines in SHORTCUTS.items():
        rows.append(f"| **{title}** | |")
        for line in lines:
            keys = " ".join(f"`{each}`" for key in line.keys for each in caps(key))
            rows.append(f"| {keys} | {line.words}{f'. {line.more}' if line.more else ''} |")
    return "\n".join(rows) + "\n"


if __name__ == "__main__":
    DOCUMENT.write_text(with_keys(DOCUMENT.read_text()))
