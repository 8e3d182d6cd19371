from typing import Annotated

import typer

from cli.output import AsJson, print_json, print_table
from pipeline.submission.evidence.rules.tax_numbers import COUNTRIES, IN_VIES, is_number_of

AsMarkdown = Annotated[bool, typer.Option("--markdown", help="Print the table of docs/tax-numbers.md.")]


def tax_numbers(as_json: AsJson = False, as_markdown: AsMarkdown = False) -> None:
    """List the countries whose tax numbers can be checked, with the kind of number."""
    if as_json:
        print_json([{"country": each, "number": is_number_of(each), "vies": each in IN_VIES} for each in COUNTRIES])
    elif as_markdown:
        typer.echo(markdown())
    else:
        print_table(("country", "number", "in VIES"), rows(), folding=("number",))


def rows() -> list[tuple[str, str, str]]:
    """A row for each country."""
    return [(each, is_number_of(each), "yes" if each in IN_VIES else "") for each in COUNTRIES]


def markdown() -> str:
    """The table of docs/tax-numbers.md."""
    lines = [f"| {' | '.join(row)} |" for row in rows()]
    return "\n".join(["| country | number | in VIES |", "|---|---|---|", *lines])
