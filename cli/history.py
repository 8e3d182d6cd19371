from typing import Annotated

import typer

from cli.output import AsJson, print_json, print_table
from cli.tools import operator, tools
from pipeline.audit.reads import member_read
from pipeline.submission import audit


def history(
    of: Annotated[str, typer.Argument(help="A submission's id, or the correlation id of a request.")],
    as_json: AsJson = False,
) -> None:
    """Who did what when, on which evidence: every step of a submission, the earliest first."""
    with tools() as tool, tool.db.read() as connection:
        rows = [dict(row) for row in audit.history(connection, of)]
        member_read(tool.db, actor=operator(), route="history", submission_id=audit.as_id(of))
    if as_json:
        print_json(rows)
        return
    lines = [
        [f"{row['at']:%m-%d %H:%M:%S.%f}"[:-3], row["event"], row["actor"], row["to_state"], _short(row["detail"])]
        for row in rows
    ]
    print_table(
        ["at (UTC)", "what", "who", "state", "evidence"], lines, empty="There is no such submission or correlation id."
    )


def _short(detail: dict[str, object]) -> str:
    """The evidence without the long parts, which --json has."""
    return ", ".join(f"{name} {value}" for name, value in detail.items() if value and not isinstance(value, dict))
