import re
from datetime import timedelta
from typing import Final

import typer

_UNITS: Final = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_FORM: Final = re.compile(r"(\d{1,6})([smhd])")


def duration(written: str) -> timedelta:
    """A duration such as `30m`, `24h` or `90d`. Raises BadParameter."""
    found = _FORM.fullmatch(written)
    if found is None:
        raise typer.BadParameter("Write a number and a unit, s, m, h or d: for example 30m, 24h or 90d.")
    return timedelta(**{_UNITS[found[2]]: int(found[1])})
