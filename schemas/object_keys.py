"""Which text is the key of an object in an S3 store."""

import re
import unicodedata
from typing import Annotated, Final

from pydantic import AfterValidator, StringConstraints

LONGEST_KEY_BYTES: Final = 1024
"""The longest key of S3, in bytes of UTF-8."""

SEPARATORS: Final = r"[/\\]"
_DOTS: Final = frozenset({".", ".."})


def is_sound_key(key: str) -> bool:
    """Whether every store takes the key as it is written: text of 1 to 1,024 bytes, without control characters.

    A key that begins with `/`, or has `.` or `..` between separators, is changed by some clients on the way.
    """
    return _problem(key) is None


def _problem(key: str) -> str | None:
    try:
        length = len(key.encode())
    except UnicodeEncodeError:
        return "The key has half of a character (a lone surrogate); remove it."
    if not 0 < length <= LONGEST_KEY_BYTES:
        return f"A key has 1 to {LONGEST_KEY_BYTES:,} bytes in UTF-8; this one has {length:,}."
    if any(unicodedata.category(each) == "Cc" for each in key):
        return "The key has control characters; remove them."
    parts = re.split(SEPARATORS, key)
    if key.startswith("/") or _DOTS & set(parts):
        return "A key does not begin with / and has no . or .. between slashes."
    return None


def _sound(key: str) -> str:
    if problem := _problem(key):
        raise ValueError(problem)
    return key


ObjectKey = Annotated[str, StringConstraints(min_length=1, max_length=500), AfterValidator(_sound)]
"""The key of an object in the uploads bucket."""
