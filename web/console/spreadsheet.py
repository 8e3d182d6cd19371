"""Numbers for a spreadsheet: CSV whose cells are never taken for formulas. Pure."""

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Final

_BEGINS_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n")


def csv_of(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """One line for the columns and one for each row (RFC 4180); what is None is empty."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([cell(column) for column in columns])
    writer.writerows([cell(value) for value in row] for row in rows)
    return out.getvalue()


def cell(value: object) -> object:
    """A number as it is; a text that a spreadsheet would reckon with gets an apostrophe before it (OWASP, CSV injection)."""
    if value is None:
        return ""
    if isinstance(value, int | float):
        return value
    written = str(value)
    return f"'{written}" if written.lstrip(" ").startswith(_BEGINS_FORMULA) else written
