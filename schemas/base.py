import re
from functools import cache
from typing import Annotated, Final
from zoneinfo import available_timezones

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

_HALF: Final = re.compile("[\ud800-\udfff]")


class Frozen(BaseModel):
    """A value that crosses a boundary: immutable, and a field that it does not know is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def _storable(written: str) -> str:
    if "\x00" in written:
        raise ValueError("Zero bytes are not allowed; remove them.")
    if not written.isascii() and _HALF.search(written):
        raise ValueError("The text has half of a character (a lone surrogate); remove it.")
    return written


_timezones = cache(available_timezones)


def _known_timezone(written: str) -> str:
    if written not in _timezones():
        raise ValueError("There is no such time zone; use a name such as Asia/Shanghai (IANA).")
    return written


_NoZeroBytes = AfterValidator(_storable)

Text = Annotated[str, _NoZeroBytes]
"""Any text that can be stored: without zero bytes and halves of characters."""

Whole = Annotated[int, Field(ge=-(2**63), lt=2**63)]
"""A whole number that can be stored: it fits 64 bits."""

Length = Annotated[int, Field(ge=0, lt=2**63)]
"""A number of bytes."""

Identifier = Annotated[str, StringConstraints(min_length=1, max_length=100, pattern=r"^[A-Za-z0-9._:@-]+$")]
"""An id that another service gave: 1 to 100 letters, digits and `. _ : @ -`."""

Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200), _NoZeroBytes]
"""One line of text that a person wrote, 1 to 200 characters."""

Prose = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000), _NoZeroBytes]
"""A few sentences that a person wrote, 1 to 2,000 characters."""

TimeZone = Annotated[str, StringConstraints(max_length=64), AfterValidator(_known_timezone)]
"""A time zone by its name in the IANA database, such as `America/Mexico_City`."""
