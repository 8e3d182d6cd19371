"""Text that somebody else chose, as it may be shown on a terminal or in a log. Pure."""

import re
from typing import Final

_UNSEEN: Final = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f"  # control characters but tab and line feed; a terminal acts on them
    "\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"  # they turn or hide what stands beside them
    "\u2028\u2029\U000e0000-\U000e007f\ud800-\udfff]"
)


def visible(text: str) -> str:
    """The text with what a terminal would act on, or would show in another order, written out as Python writes it."""
    return _UNSEEN.sub(lambda found: _written_out(found[0]), text)


def one_line(text: str) -> str:
    """The same on one line, so that no text makes a line of its own."""
    return visible(text).replace("\n", "\\n").replace("\t", "\\t")


def visible_in_json(written: str) -> str:
    """JSON with the same characters as its escapes; it means the same."""
    return _UNSEEN.sub(lambda found: _in_json(found[0]), written)


def _written_out(character: str) -> str:
    number = ord(character)
    if number <= 0xFF:  # noqa: PLR2004
        return f"\\x{number:02x}"
    return f"\\u{number:04x}" if number <= 0xFFFF else f"\\U{number:08x}"  # noqa: PLR2004


def _in_json(character: str) -> str:
    units = character.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[at]:02x}{units[at + 1]:02x}" for at in range(0, len(units), 2))
