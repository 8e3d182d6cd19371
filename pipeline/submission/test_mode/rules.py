"""The name of a test submission's member says how it is decided. Nothing here is asked about a live submission. Pure."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from pipeline.kernel.errors import Problem
from pipeline.policy import Policy

_WISH: Final = re.compile(r"test (approve|reject|better file|wait)\b *(.*)", re.IGNORECASE)
_VERDICTS: Final = {"approve": "approve", "reject": "reject", "better file": "better_file", "wait": None}
_DIGITS: Final = "1234567890"


@dataclass(frozen=True, slots=True)
class Wish:
    """How a test submission is to be decided; without a verdict it waits, as one that nobody has looked at."""

    verdict: str | None
    reasons: tuple[str, ...] = ()


def wish_of(name: str) -> Wish:
    """What the member's name asks for. Any other name asks for an approval."""
    found = _WISH.fullmatch(name.strip())
    if found is None:
        return Wish("approve")
    return Wish(_VERDICTS[found[1].lower()], tuple(found[2].replace(",", " ").split()))


def reasons_of(wish: Wish, *, kind: str, policy: Policy) -> tuple[str, ...]:
    """The reasons of the decision: those that were asked for, or else the first that the policy has."""
    if wish.verdict is None or wish.reasons:
        return wish.reasons
    return tuple(policy.reasons_for(kind=kind, verdict=wish.verdict))[:1]


def wish_problems(name: str, *, kind: str, policy: Policy) -> Iterator[Problem]:
    """What is wrong with the words behind the magic ones: each must be a reason of that verdict."""
    wish = wish_of(name)
    known = policy.reasons_for(kind=kind, verdict=wish.verdict) if wish.verdict else {}
    for code in wish.reasons:
        if code not in known:
            message = f"This is a test, and {code!r} is no reason here. Use one of: {', '.join(known) or 'none'}."
            yield Problem("member.name", "unknown_reason", message)


def code_of(length: int) -> str:
    """The code of every test submission by business e-mail: 123456, as long as the policy's codes are."""
    return "".join(_DIGITS[place % len(_DIGITS)] for place in range(length))
