"""Lines of a mail's header as they leave (RFC 5322, RFC 2047). Pure: the same words give the same bytes on every Python.

Python's own folding loses or doubles spaces between encoded words, in ways that differ from version to version.
"""

import base64
import re
from collections.abc import Iterator
from email.utils import quote
from typing import Final

_PLAIN: Final = re.compile(r"(?!.*=\?)[!-~]+( [!-~]+)*")
_LONGEST: Final = 76
"""Characters of a line with an encoded word (RFC 2047, 2)."""

_BEFORE, _AFTER = "=?utf-8?b?", "?="
_BYTES_A_WORD: Final = (_LONGEST - 1 - len(_BEFORE) - len(_AFTER)) // 4 * 3


def text_line(name: str, words: str) -> bytes:
    """A line of free text, such as the subject, folded where it is long; with its CRLF."""
    return f"{name}: {_text(words, used=len(name) + 2)}\r\n".encode("ascii")


def sender_line(name: str, address: str) -> bytes:
    """The line `From`: the sender's name, if any, and address."""
    if not name:
        return f"From: {address}\r\n".encode()
    shown = f'"{quote(name)}"' if _fits(name, used=10) else "\r\n ".join(_encoded(name, used=len("From: ")))
    return f"From: {shown}\r\n <{address}>\r\n".encode()


def recipient_line(address: str) -> bytes:
    """The line `To`: in UTF-8 where the address has other letters (RFC 6532)."""
    return f"To: {address}\r\n".encode()


def _text(words: str, *, used: int) -> str:
    return words if _fits(words, used=used) else "\r\n ".join(_encoded(words, used=used))


def _fits(words: str, *, used: int) -> bool:
    """Whether the words can stand as they are, on one line: in ASCII, without what looks like an encoded word."""
    return used + len(words) <= _LONGEST and _PLAIN.fullmatch(words) is not None


def _encoded(words: str, *, used: int) -> Iterator[str]:
    """The words as encoded words, each of whole characters; the first has so much less space."""
    room = _BYTES_A_WORD - (used + 3) // 4 * 3
    part = b""
    for letter in words:
        character = letter.encode("utf-8", errors="replace")
        if part and len(part) + len(character) > room:
            yield _word(part)
            part, room = b"", _BYTES_A_WORD
        part += character
    yield _word(part)


def _word(part: bytes) -> str:
    return f"{_BEFORE}{base64.b64encode(part).decode()}{_AFTER}"
