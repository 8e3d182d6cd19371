import re
from collections.abc import Iterator
from typing import Annotated, Final

import typer

from cli.output import AsJson, print_json, print_table
from schemas.events import EVENTS
from schemas.published import event_schema, fields_of

_SMALL: Final = re.compile(r"(?<!^)[A-Z]")

AsMarkdown = Annotated[bool, typer.Option("--markdown", help="Print the tables of docs/events.md.")]


def types(as_json: AsJson = False, as_markdown: AsMarkdown = False) -> None:
    """List the types of events and what each says; with --json as JSON Schema."""
    if as_json:
        print_json({each: event_schema(each) for each in EVENTS})
    elif as_markdown:
        typer.echo(markdown())
    else:
        rows = [(each, ", ".join(fields_of(each))) for each in EVENTS]
        print_table(("type", "fields of data"), rows, folding=("fields of data",))


def markdown() -> str:
    """Types that say the same stand together, as they do in the documentation."""
    return "\n".join(_sections()).rstrip()


def _sections() -> Iterator[str]:
    for shape in dict.fromkeys(EVENTS.values()):
        alike = [each for each, other in EVENTS.items() if other is shape]
        yield "## " + _SMALL.sub(lambda found: f" {found[0].lower()}", shape.__name__)
        yield ", ".join(f"`{each}`" for each in alike)
        yield ""
        yield event_schema(alike[0])["description"]
        yield ""
        yield from ("| field | holds |", "|---|---|")
        yield from (f"| `{name}` | {holds} |" for name, holds in fields_of(alike[0]).items())
        yield ""
