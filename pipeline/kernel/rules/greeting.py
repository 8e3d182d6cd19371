"""The name of a member in a mail. A name is text that its owner chose, and a mail of ours must not carry their message. Pure."""

import re
import unicodedata
from typing import Final

LONGEST: Final = 60
_MOST_WORDS: Final = 6
_AN_ADDRESS: Final = re.compile(r"\bwww\.|[\w-]{2,}\.[^\W\d_]{2,}|(?:\d[\s().-]*){5,}", re.IGNORECASE)
"""The name of a host, or a number that can be called."""

_PUNCTUATION: Final = frozenset("'’ʼ`.,&()·・-‐–")  # noqa: RUF001  (they stand in names)
_JOINERS: Final = frozenset("\u200c\u200d")
"""Some scripts write names with them."""


def greeting_name(name: str) -> str:
    """The name as a greeting may say it; empty where it is no name but a message: with an address, a number to call, or a sentence.

    Control characters, and those that turn the direction of writing, are left out first, so that they hide nothing.
    """
    words = "".join(each for each in unicodedata.normalize("NFC", name) if _is_kept(each)).split()
    said = " ".join(words)
    if len(said) > LONGEST or len(words) > _MOST_WORDS or not any(each.isalpha() for each in said):
        return ""
    written = unicodedata.normalize("NFKC", said)  # wide and small forms of letters and dots make addresses, too
    is_name = all(map(_is_of_names, said)) and not _AN_ADDRESS.search(written)
    return said if is_name else ""


def _is_kept(character: str) -> bool:
    """White space stays, as what parts words."""
    return character in _JOINERS or character.isspace() or not unicodedata.category(character).startswith("C")


def _is_of_names(character: str) -> bool:
    kind = unicodedata.category(character)
    return kind[0] in "LM" or kind in {"Nd", "Zs"} or character in _PUNCTUATION or character in _JOINERS
