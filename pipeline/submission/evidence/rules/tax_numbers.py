"""Tax numbers (DOMAIN §7.3): which kind a number is of, whether its check digit fits, and one way of writing it. Pure."""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from stdnum.exceptions import InvalidChecksum

from pipeline.submission.evidence.rules.tax.kinds import Kind
from pipeline.submission.evidence.rules.tax.labels import without_label
from pipeline.submission.evidence.rules.tax.table import IN_VIES, KINDS

__all__ = ["COUNTRIES", "IN_VIES", "KINDS"]

WRONG_FORMAT: Final = "tax_number_format"
"""A form that is not known. Of releases before this one, a reason to reject as well."""

WRONG_CHECK_DIGIT: Final = "tax_number_check_digit"
OTHER_KIND: Final = "tax_number_other_kind"

COUNTRIES: Final = tuple(KINDS)
"""ISO 3166 codes of the countries whose numbers can be checked, and XI for Northern Ireland."""

_OTHER_CODES: Final[Mapping[str, str]] = {"EL": "GR", "UK": "GB"}
"""The codes of tax authorities that differ from ISO 3166."""

_PREFIXES: Final[Mapping[str, tuple[str, ...]]] = {
    "GR": ("EL", "GR", "\u0395\u039b"),  # the last in Greek letters
    "MC": ("MC", "FR"),
    "GB": ("GB", "XI", "UK"),
    "XI": ("XI", "GB", "UK"),
}
_ONE_REGISTER: Final = (frozenset({"GB", "XI"}),)

_PLAIN: Final = re.compile(r"[0-9A-Z&Ñ]+")
"""What a number that is kept consists of; the last two stand in Mexican ones."""


@dataclass(frozen=True, slots=True)
class Checked:
    """A number in the one way in which it is kept, or the code of what is wrong with it; and the kind that it is of, or seems to be.

    `of` is the country of another country's number.
    """

    number: str | None
    wrong: str | None
    kind: Kind | None = None
    of: str | None = None


def country_of(code: str) -> str:
    """The country by its code in COUNTRIES, where tax authorities have another one: `EL` is `GR`."""
    return _OTHER_CODES.get(code, code)


def countries_alike(country: str) -> frozenset[str]:
    """The countries whose numbers are in one register with that country's."""
    return next((each for each in _ONE_REGISTER if country in each), frozenset({country}))


def is_known(country: str) -> bool:
    """Whether numbers of that country can be checked at all."""
    return country in KINDS


def taken_kinds(country: str) -> tuple[Kind, ...]:
    """The kinds that a member may give, the usual one first."""
    return tuple(kind for kind in KINDS[country] if kind.taken)


def check(country: str, written: str) -> Checked:
    """Check a number as a member wrote it, with or without its country's prefix and a label; `country` is one of COUNTRIES.

    The first kind that it fits decides. A wrong check digit is found only where it fits none: a number may be right as another kind.
    """
    plain = _in_plain_characters(written).strip().upper()
    bare = _check(country, without_label(plain))
    if bare.number is not None:
        return bare
    whole = _check(country, plain)
    return bare if whole.wrong == WRONG_FORMAT else whole


def _check(country: str, written: str) -> Checked:
    forms = _forms(country, written)
    almost: list[Kind] = []
    for kind in KINDS[country]:
        found = _fits(kind, forms)
        if isinstance(found, str):
            return Checked(found, None, kind) if kind.taken else Checked(None, OTHER_KIND, kind)
        if found:
            almost.append(kind)
    if (elsewhere := _of_another(country, written)) is not None:
        return elsewhere
    if not almost:
        return Checked(None, WRONG_FORMAT)
    own = next((kind for kind in almost if kind.taken), None)
    return Checked(None, WRONG_CHECK_DIGIT, own) if own else Checked(None, OTHER_KIND, almost[0])


def kind_of(country: str, number: str) -> Kind | None:
    """The kind of a number that is kept; None for one that no kind fits any more."""
    return check(country, number).kind if is_known(country) else None


def is_number_of(country: str) -> str:
    """What the country's usual number is called: `UID (Umsatzsteuer-Identifikationsnummer, Austrian VAT number)`."""
    return KINDS[country][0].name


def _fits(kind: Kind, forms: tuple[str, ...]) -> str | bool:
    """The number as it is kept; else whether it is of this form with a wrong check digit."""
    almost = False
    for form in forms:
        try:
            number = kind.validate(form)
        except InvalidChecksum:
            almost = True
        except (
            ValueError,
            IndexError,
            KeyError,
        ):  # python-stdnum's own errors are ValueErrors; some modules let others escape
            continue
        else:
            if not kind.taken or _PLAIN.fullmatch(number):
                return number
    return almost


def _of_another(country: str, plain: str) -> Checked | None:
    """The number as one of another country, by whose letters it begins, whether its check digit fits or not."""
    named = country_of(plain[:2])
    if named not in KINDS or named in countries_alike(country) or plain[:2] in _PREFIXES.get(country, ()):
        return None
    bare = (plain[2:].lstrip(" -."), plain)
    alike = next((kind for kind in taken_kinds(named) if _fits(kind, bare)), None)
    return Checked(None, OTHER_KIND, alike, named) if alike else None


def _forms(country: str, plain: str) -> tuple[str, ...]:
    """The number as it was written; first without the country's prefix where it begins with that."""
    return (*_without_prefix(country, plain), plain)


def _without_prefix(country: str, plain: str) -> Iterator[str]:
    for each in _PREFIXES.get(country, (country,)):
        if plain.startswith(each):
            yield plain[len(each) :].lstrip(" -.")


def _in_plain_characters(written: str) -> str:
    """The same with 0 to 9 for the digits of every script: what is read as the same number must be kept as the same."""
    joined = unicodedata.normalize("NFKC", written)
    return "".join(str(unicodedata.decimal(each, each)) for each in joined)
