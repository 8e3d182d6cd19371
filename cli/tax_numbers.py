from typing import Annotated

import typer

from cli.output import AsJson, print_json, print_table
from pipeline.submission.evidence.rules.tax_numbers import KINDS

AsMarkdown = Annotated[bool, typer.Option("--markdown", help="Print the table of docs/tax-numbers.md.")]
COLUMNS = ("country", "number", "taken", "checked", "by", "source", "in VIES")


def tax_numbers(as_json: AsJson = False, as_markdown: AsMarkdown = False) -> None:
    """List the kinds of tax numbers of each country: which are taken, what is checked of each, and by which source."""
    if as_json:
        print_json([dict(zip(COLUMNS, row, strict=True)) for row in rows()])
    elif as_markdown:
        typer.echo(markdown())
    else:
        print_table(COLUMNS, rows(), folding=("number", "source"))


def rows() -> list[tuple[str, str, str, str, str, str, str]]:
    """A row for each kind."""
    return [
        (
            country,
            kind.name,
            "yes" if kind.taken else "no",
            kind.checks,
            kind.checked_by,
            kind.source,
            "yes" if kind.in_vies else "",
        )
        for country, kinds in KINDS.items()
        for kind in kinds
    ]


def markdown() -> str:
    """The table of docs/tax-numbers.md."""
    lines = [f"| {' | '.join(row)} |" for row in rows()]
    return "\n".join([f"| {' | '.join(COLUMNS)} |", "|---" * len(COLUMNS) + "|", *lines])
