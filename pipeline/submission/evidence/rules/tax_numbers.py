"""Tax numbers (DOMAIN §7.3): format and check digit by python-stdnum, and one way of writing each number. Pure."""

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import Any, Final

from stdnum.exceptions import InvalidChecksum
from stdnum.util import get_cc_module

WRONG_FORMAT: Final = "tax_number_format"
WRONG_CHECK_DIGIT: Final = "tax_number_check_digit"

_BY_VAT: Final = (
    "AD AL AR AT AU AZ BE BG BR BY CA CH CL CN CO CR CY CZ DE DK DO DZ EC EE EG ES FI FO FR GB "
    "GH GN GR GT HR HU ID IE IL IN IS IT JP KE KR LT LU LV MA MC ME MK MT MX MZ NL NO NZ PE PL "
    "PT PY RO RS RU SE SG SI SK SM SN SV TH TN TR TW UY VE VN"
)
"""Where python-stdnum says itself which of a country's numbers is the one for value-added tax."""

_BY_NAME: Final = {"LI": "li.peid", "MD": "md.idno", "UA": "ua.edrpou", "US": "us.ein", "ZA": "za.tin"}
"""Where it knows a company's tax number under another name."""

_ALSO: Final = {"CH": "ch.uid", "NO": "no.orgnr"}
"""The same number without the letters that say that its company is registered for value-added tax."""

_PREFIXES: Final = {"GR": ("EL", "GR")}

_PLAIN: Final = re.compile(r"[0-9A-Z&Ñ]+")
"""What a number that is kept consists of; the last two stand in Mexican ones."""

_ONE_WAY: Final[Mapping[str, Callable[[str], str]]] = {
    "CA": lambda number: number[:9],  # what follows names one of the company's accounts
    "CH": lambda number: number[:12],  # MWST, TVA and IVA are one word in three languages
    "IE": lambda number: str(_module("ie.vat").convert(number)),  # issued in two styles
    "NO": lambda number: number.removesuffix("MVA"),
    "NZ": lambda number: number.zfill(9),
    "TN": lambda number: number[:8],  # what follows names the kind of taxpayer and one of its places
}

COUNTRIES: Final = tuple(sorted([*_BY_VAT.split(), *_BY_NAME]))
"""ISO 3166 codes of the countries whose numbers can be checked."""

_UNION: Final = "AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK"
IN_VIES: Final = frozenset(_UNION.split())
"""The countries that answer to the European Union's register (Council Regulation (EU) No 904/2010)."""


@dataclass(frozen=True, slots=True)
class Checked:
    """A number in the one way in which it is kept, or the code of what is wrong with it."""

    number: str | None
    wrong: str | None


def is_known(country: str) -> bool:
    """Whether numbers of that country can be checked at all."""
    return country in COUNTRIES


def check(country: str, written: str) -> Checked:
    """Check a number as a member wrote it, with or without its country's prefix; `country` is one of COUNTRIES."""
    worst = WRONG_FORMAT
    for module in _modules(country):
        for form in _forms(country, written):
            try:
                number = str(module.validate(form))
            except InvalidChecksum:
                worst = WRONG_CHECK_DIGIT
            except ValueError:  # python-stdnum's own errors are such; some modules let int()'s escape
                continue
            else:
                if _PLAIN.fullmatch(number):
                    return Checked(_ONE_WAY.get(country, str)(number), None)
    return Checked(None, worst)


def is_number_of(country: str) -> str:
    """What the number is called, in python-stdnum's words: `UID (Umsatzsteuer-Identifikationsnummer, Austrian VAT number)`."""
    first, _, _ = (_modules(country)[0].__doc__ or "").strip().partition("\n\n")
    return " ".join(first.split()).removesuffix(".")


def _forms(country: str, written: str) -> tuple[str, ...]:
    """The number as it was written; first without the country's prefix where it begins with that."""
    plain = _in_plain_characters(written).strip().upper()
    bare = [plain[len(each) :].lstrip(" -.") for each in _PREFIXES.get(country, (country,)) if plain.startswith(each)]
    return (*bare, plain)


def _in_plain_characters(written: str) -> str:
    """The same with 0 to 9 for the digits of every script: what is read as the same number must be kept as the same."""
    joined = unicodedata.normalize("NFKC", written)
    return "".join(str(unicodedata.decimal(each, each)) for each in joined)


@cache
def _modules(country: str) -> tuple[Any, ...]:
    """What checks that country's numbers; the second where the first asks for letters that people leave out."""
    name = _BY_NAME.get(country)
    main = _module(name) if name else get_cc_module(country.lower(), "vat")
    return (main, _module(_ALSO[country])) if country in _ALSO else (main,)


def _module(name: str) -> Any:
    return import_module(f"stdnum.{name}")
