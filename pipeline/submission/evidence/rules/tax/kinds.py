"""One kind of a country's number: what it is called, what is checked of it, and by which source. Pure."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import Any, Final

from stdnum.exceptions import InvalidChecksum, InvalidFormat, InvalidLength

Validate = Callable[[str], str]
"""The number in one way of writing. Raises InvalidChecksum for a wrong check digit, ValueError for what has not this form."""

CHECK_DIGIT: Final = "check digit"
FORM: Final = "form"

_ENDS_APART: Final = re.compile(r"-\s*\w\Z|[A-Z]\Z")
"""Such a number has its check digit: it stands behind a dash, or is a letter."""

_LINK: Final = re.compile(r"^\* (https?://\S+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of number. One that is not `taken` is recognised, so that a member who gives it learns what it is.

    `code` is the name of python-stdnum's module, such as `de.vat`; one of our own has `own` and stands in `own_numbers.py`.
    `kept` is how the number is stored: without what follows a company's own number. `whole`: with fewer characters, and none apart at
    the end, it is not known whether the check digit is wrong, or is missing.
    """

    code: str
    checks: str = CHECK_DIGIT
    taken: bool = True
    own: Validate | None = None
    title: str = ""
    link: str = ""
    kept: Callable[[str], str] = str
    in_vies: bool = False
    whole: int = 0

    def validate(self, written: str) -> str:
        """The number as it is stored. Raises as `Validate` says."""
        try:
            number = self.own(written) if self.own else str(module(self.code).validate(written))
        except InvalidChecksum:
            if sum(map(str.isalnum, written)) < self.whole and not _ENDS_APART.search(written):
                raise InvalidLength from None
            raise
        return self.kept(number)

    @property
    def name(self) -> str:
        """What the number is called: in python-stdnum's words, unless the table says it."""
        if self.title:
            return self.title
        first, _, _ = (module(self.code).__doc__ or "").strip().partition("\n\n")
        return " ".join(first.split()).removesuffix(".")

    @property
    def source(self) -> str:
        """Where the rule is published: the first page that python-stdnum names, unless the table names one."""
        named = _LINK.search(module(self.code).__doc__ or "") if not self.link else None
        return self.link or (
            named[1] if named else f"https://arthurdejong.org/python-stdnum/doc/2.2/stdnum.{self.code}"
        )

    @property
    def checked_by(self) -> str:
        """What checks it: python-stdnum's module, or ours."""
        return "our table" if self.own else f"python-stdnum `{self.code}`"


def form(pattern: str, *, without: str = " -./()") -> Validate:
    """A kind that is known by its form alone. `without` are the characters between its parts."""
    shape = re.compile(pattern)

    def validate(written: str) -> str:
        number = "".join(each for each in written.upper() if each not in without)
        if shape.fullmatch(number) is None:
            raise InvalidFormat
        return number

    return validate


def other(code: str, checks: str = CHECK_DIGIT, **more: Any) -> Kind:
    """A kind that is recognised and not taken."""
    return Kind(code, checks, taken=False, **more)


@cache
def module(code: str) -> Any:
    """python-stdnum's module of that name."""
    return import_module(f"stdnum.{code}")
