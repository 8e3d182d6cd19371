"""Sentences that members read. They are written in English and put into the member's language when a mail is rendered. Pure."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final, NamedTuple

_MEGABYTE: Final = 1024 * 1024


def msgid(english: str) -> str:
    """The words as they are; by this mark `make messages` finds them and puts them into the catalogues."""
    return english


class Money(NamedTuple):
    """An amount of a currency (ISO 4217)."""

    amount: Decimal
    currency: str


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence with places such as `{size:size}` or `{orders}`, and what stands there.

    A value is a text (translated where the catalogues have it), a number, a date, a time, Money, or a sequence of texts (its place
    says `:and` or `:or`). `:size` is for a number of bytes.
    """

    english: str
    values: Mapping[str, object] = field(default_factory=dict)


def readable_size(count: int) -> tuple[float, str]:
    """A number of bytes in KB or MB. It is rounded up to a tenth, so that a file just over a limit never reads as being at it."""
    if count < _MEGABYTE:
        return math.ceil(count / 1024), "KB"
    return math.ceil(count * 10 / _MEGABYTE) / 10, "MB"
