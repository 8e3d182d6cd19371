import sys
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, Final

import orjson
import typer
from pydantic import BaseModel
from rich.console import Console
from rich.table import Table
from rich.text import Span, Text

from pipeline.kernel.rules.visible import one_line, visible, visible_in_json


class Terminal(Console):
    """A console that takes no text for markup, and writes out what a terminal would act on: most of what we print others chose.

    What is bold or coloured is made with `styled`.
    """

    def __init__(self, *, stderr: bool = False) -> None:
        super().__init__(stderr=stderr, markup=False, emoji=False)

    def print(self, *objects: Any, **how: Any) -> None:
        """Print, as rich does."""
        super().print(*(visible(each) if isinstance(each, str) else each for each in objects), **how)


console: Final = Terminal()
errors: Final = Terminal(stderr=True)
_FIRST_MARK: Final = 0xE000

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]


def styled(template: str, **values: object) -> Text:
    """A line with markup of ours, such as `[bold]{name}[/bold]`; each value stands in it as plain text on one line."""
    marks = {chr(_FIRST_MARK + number): name for number, name in enumerate(values)}
    marked = Text.from_markup(template.format(**{name: mark for mark, name in marks.items()}), emoji=False)
    line = Text()
    for each in marked.divide(range(1, len(marked))):
        name = marks.get(each.plain)
        words = each.plain if name is None else one_line(str(values[name]))
        line.append_text(Text(words, spans=[Span(0, len(words), span.style) for span in each.spans]))
    return line


def print_json(value: Any) -> None:
    """Print a value, or a schema, as JSON on standard output."""
    print_json_line(orjson.dumps(value, default=_plain, option=orjson.OPT_INDENT_2 | orjson.OPT_NON_STR_KEYS))


def print_json_line(written: bytes) -> None:
    """Print JSON; what a terminal would act on is escaped."""
    sys.stdout.write(visible_in_json(written.decode()) + "\n")
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
    table = Table(title=_heading(title), title_justify="left", box=None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(one_line(column), overflow="fold", no_wrap=column not in (folding or columns[-1:]))
    for row in listed:
        table.add_row(*row)
    console.print(table)


def print_fields(fields: Mapping[str, object]) -> None:
    """Print names and values, a line each."""
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(style="bold")
    table.add_column(overflow="fold")
    for name, value in fields.items():
        table.add_row(one_line(name.replace("_", " ")), _cell(value))
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


def _heading(title: str | None) -> str | None:
    """A line feed at the beginning is ours."""
    return title and "\n" * title.startswith("\n") + one_line(title.removeprefix("\n"))


def _cell(value: object) -> str | Text:
    if isinstance(value, Text):
        return value
    if value is None:
        return "–"
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M:%S} ({when(value)})"
    if isinstance(value, dict | list | tuple):
        return visible(orjson.dumps(value, default=str, option=orjson.OPT_INDENT_2).decode())
    return one_line(str(value))
