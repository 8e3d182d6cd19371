"""Finds the line of a value in a TOML file. tomllib has read the text before, so it is valid TOML."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

Path = tuple[str | int, ...]

_STRINGS: Final = (r'"""(?:\\.|[^\\])*?"""', r"'''.*?'''", r'"(?:\\.|[^"\\\n])*"', r"'[^'\n]*'")
_COMMENT: Final = r"\#[^\n]*"
_TOKENS: Final = re.compile("|".join((*_STRINGS, _COMMENT, r"[^\S\n]+", ".")), re.DOTALL)
_KEY: Final = re.compile(r"\"([^\"]*)\"|'([^']*)'|([A-Za-z0-9_-]+)")
_DEPTH: Final = {"[": 1, "{": 1, "]": -1, "}": -1}


def lines_of(text: str) -> Mapping[Path, int]:
    """The line of each table and key, by its path. The tables of an array are counted from 0; the array has the line of the first."""
    found: dict[Path, int] = {}
    counted: dict[Path, int] = {}
    table: Path = ()
    for line, statement in _statements(text):
        if statement.startswith("["):
            table = _table(statement, counted)
            found.setdefault(table[:-1] if statement.startswith("[[") else table, line)
            found.setdefault(table, line)
        else:
            found[(*table, *_keys(statement.partition("=")[0]))] = line
    return found


def line_of(path: Sequence[str | int], lines: Mapping[Path, int]) -> int | None:
    """The line of the value at that path, or of the innermost table around it; None where the file has neither."""
    parts = tuple(path)
    outwards = (parts[:length] for length in range(len(parts), 0, -1))
    return next((lines[path] for path in outwards if path in lines), None)


def _statements(text: str) -> Iterator[tuple[int, str]]:
    """Each header and each key with its value, without comments, with its first line."""
    line, first_line, depth, statement = 1, 1, 0, ""
    for part in _TOKENS.findall(text + "\n"):
        depth += _DEPTH.get(part, 0)
        if part == "\n" and depth == 0:
            if statement.strip():
                yield first_line, statement.strip()
            statement = ""
        elif not part.startswith("#"):
            first_line = first_line if statement.strip() else line
            statement += part
        line += part.count("\n")


def _table(header: str, counted: dict[Path, int]) -> Path:
    """The path that a header names: within an array of tables, its latest table."""
    *parents, last = _keys(header)
    path: Path = ()
    for key in parents:
        path = (*path, key)
        path = (*path, counted[path]) if path in counted else path
    path = (*path, last)
    if header.startswith("[["):
        counted[path] = counted.get(path, -1) + 1
        path = (*path, counted[path])
    return path


def _keys(written: str) -> list[str]:
    return ["".join(parts) for parts in _KEY.findall(written)]
