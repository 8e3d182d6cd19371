"""What opens something and must never stand in a log: one rule for every line. Pure."""

import re
from typing import Final

HIDDEN: Final = "[hidden]"
_LONGEST_WORD: Final = 32

_PLACES: Final = "unsubscribe|pictures|invitation|invitations|links?|reset|confirm"
_RULES: Final = (
    (re.compile(rf"(/(?:{_PLACES})(?:/|%2F)+)[^\s\"'<>?&#]+", re.IGNORECASE), rf"\1{HIDDEN}"),
    (re.compile(r"\b(p[a-z]_[0-9a-f]{32}_)[A-Za-z0-9_-]+"), rf"\1{HIDDEN}"),
    (
        re.compile(
            r"([?&;](?:X-Amz-[A-Za-z-]+|[a-z_-]*(?:token|ticket|secret|signature|password|credential)|sig|code|state|key|nonce)=)"
            r"[^\s\"'&;#<>]+",
            re.IGNORECASE,
        ),
        rf"\1{HIDDEN}",
    ),
    (re.compile(r"\bwhsec_[A-Za-z0-9+/=_-]+"), HIDDEN),
    (re.compile(r"\bsealed:1:[A-Za-z0-9:=_-]+"), HIDDEN),
    (re.compile(r"\b(Bearer|Basic)(\s+)[A-Za-z0-9._~+/=-]{8,}", re.IGNORECASE), rf"\1\2{HIDDEN}"),
    (re.compile(r"(?<=[a-z0-9+.-])://[^\s/@\"'<>:]*:[^\s/@\"'<>]*@", re.IGNORECASE), f"://{HIDDEN}@"),
)
"""What each hides. A line may hold what a stranger chose, at any length, so no part of a rule is looked for again from every place."""

_WORD: Final = re.compile(r"[^/]+")
_ID: Final = re.compile(r"[0-9a-fA-F-]{32,64}(\.[a-z]{1,5})?")


def hidden(line: str) -> str:
    """The line without tokens, keys, secrets and signatures; what is no secret stays."""
    for rule, put in _RULES:
        line = rule.sub(put, line)
    return line


def hidden_in_path(path: str) -> str:
    """A request's path without words that look like a token, wherever they stand: somebody may have mistyped the rest."""
    return hidden(_WORD.sub(lambda found: HIDDEN if _is_token(found[0]) else found[0], path))


def _is_token(word: str) -> bool:
    return len(word) >= _LONGEST_WORD and not _ID.fullmatch(word)
