import sys
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, Final

import orjson
import typer
from pydantic import BaseModel
from rich.console import Console
from rich.table import Table

console: Final = Console()
errors: Final = Console(stderr=True)

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]


def print_json(value: Any) -> None:
    """Print a value, or a schema, as JSON on standard output."""
    sys.stdout.write(
        orjson.dumps(value, default=_plain, option=orjson.OPT_INDENT_2 | orjson.OPT_NON_STR_KEYS).decode() + "\n"
    )
    sys.stdout.flush()


def print_result(result: BaseModel, *, as_json: bool) -> None:
    """Print a command's one result: as JSON, or its fields a line each."""
    if as_json:
        print_json(result)
    else:
        print_fields(result.model_dump(mode="json"))


def print_listed(
    found: object, columns: Sequence[str], rows: Iterable[Sequence[object]], *, as_json: bool, empty: str = "Nothing."
) -> None:
    """Print what a command found: as JSON, or as a table of the rows."""
    if as_json:
        print_json(found)
    else:
        print_table(columns, rows, empty=empty)


def print_table(
    columns: Sequence[str],
    rows: Iterable[Sequence[object]],
    *,
    title: str | None = None,
    empty: str = "Nothing.",
    folding: Collection[str] = (),
) -> None:
    """Print a table with a line for each row, or the sentence `empty` without rows.

    The `folding` columns (default: the last one) wrap long values; the others do not.
    """
    listed = [[_cell(value) for value in row] for row in rows]
    if not listed:
        console.print(empty)
        return
    table = Table(title=title, title_justify="left", box=None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold", no_wrap=column not in (folding or columns[-1:]))
    for row in listed:
        table.add_row(*row)
    console.print(table)


def print_fields(fields: Mapping[str, object]) -> None:
    """Print names and values, a line each."""
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(style="bold")
    table.add_column(overflow="fold")
    for name, value in fields.items():
        table.add_row(name.replace("_", " "), _cell(value))
    console.print(table)


def when(at: datetime) -> str:
    """A time as "in 2 h 10 min" or "5 min ago"."""
    seconds = (at - datetime.now(UTC)).total_seconds()
    words = _span(abs(seconds))
    return f"in {words}" if seconds >= 0 else f"{words} ago"


def _span(seconds: float) -> str:
    minutes = int(seconds // 60)
    if minutes == 0:
        return f"{int(seconds)} s"
    days, rest = divmod(minutes, 24 * 60)
    hours, minutes = divmod(rest, 60)
    parts = [(days, "d"), (hours, "h"), (minutes, "min")]
    return " ".join(f"{number} {unit}" for number, unit in parts if number)


def _plain(value: object) -> object:
    return value.model_dump(mode="json") if isinstance(value, BaseModel) else str(value)


def _cell(value: object) -> str:
    if value is None:
        return "–"
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M:%S} ({when(value)})"
    if isinstance(value, dict | list | tuple):
        return orjson.dumps(value, default=str, option=orjson.OPT_INDENT_2).decode()
    return str(value)
