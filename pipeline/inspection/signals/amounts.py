import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Final

_SIGNS: Final = {
    "EUR": ("€",),
    "GBP": ("£",),
    "USD": ("$", "US$"),
    "CAD": ("CA$", "C$"),
    "AUD": ("AU$", "A$"),
    "HKD": ("HK$",),
    "SGD": ("S$",),
    "MXN": ("MX$",),
    "BRL": ("R$",),
    "JPY": ("¥", "円"),
    "CNY": ("¥", "CN¥", "RMB", "元"),
    "INR": ("₹", "RS", "RS."),
    "KRW": ("₩",),
    "RUB": ("₽",),
    "TRY": ("₺", "TL"),
    "UAH": ("₴",),
    "NGN": ("₦",),
    "ILS": ("₪",),
    "VND": ("₫",),
    "THB": ("฿",),
    "PHP": ("₱",),
    "PLN": ("ZŁ",),
    "CZK": ("KČ",),
    "HUF": ("FT",),
    "SEK": ("KR", "KR."),
    "NOK": ("KR", "KR."),
    "DKK": ("KR", "KR."),
    "CHF": ("FR.", "SFR."),
    "AED": ("DHS", "DH"),
    "ZAR": ("R",),
}
_TYPED: Final = str.maketrans(
    {"\u00a0": " ", "\u2009": " ", "\u202f": " ", "\u2019": "'", "\u2212": "-", "\u2013": "-"}
)
_LONGEST: Final = 40
_NUMBER: Final = re.compile(r"(\D*?)(\d(?:[\d.,' ]*\d)?)([kKmM]?)(\D*)")
_WHOLE: Final = re.compile(r"\d{1,3}(?:([.,' ])\d{2,3}(?:\1\d{2,3})*(?<=[.,' ]\d{3}))?|\d+")
_BETWEEN: Final = re.compile(r"[.,' ]")
_AROUND_UNITS: Final = " -+():;,*/"
_TIMES: Final = {"k": 1_000, "m": 1_000_000}
_MOST_DECIMALS: Final = 4


def amounts(written: str) -> set[Decimal]:
    """Every number that these words may mean: 12.500 is two, 12,500.50 one, and INV12500 none. 12.5K is 12,500.

    Currencies and signs around it are left out: a statement prints in many ways what was paid out.
    """
    found = _numbered(written)
    if found is None:
        return set()
    times = _TIMES.get(found[3].lower(), 1)
    return {value * times for value in _values(found[2])}


def shortened(written: str) -> int:
    """How far from the truth a shortened number may be: 100 for 12.5K, 0 for a number in full."""
    found = _numbered(written)
    if found is None or not found[3]:
        return 0
    decimals = len(_cut(found[2])[1])
    return int(_TIMES[found[3].lower()] / 10**decimals)


def is_currency(code: str) -> bool:
    """Whether `code` is a currency that is known here."""
    return code in _SIGNS


def names_currency(written: str, code: str) -> bool:
    """Whether this word is the code or a symbol of the currency, alone or beside a number."""
    names = {code, *_SIGNS.get(code, ())}
    found = _NUMBER.fullmatch(written.translate(_TYPED)[:_LONGEST])
    around = (found[1], found[4]) if found else (written,)
    return any(each.strip(_AROUND_UNITS).upper() in names for each in around)


def _numbered(written: str) -> re.Match[str] | None:
    """The number in these words, if all around it is a sign or a currency and not the rest of some other word."""
    found = _NUMBER.fullmatch(written.translate(_TYPED).strip()) if len(written) <= _LONGEST else None
    return found if found and all(_is_unit(each) for each in (found[1], found[4])) else None


def _is_unit(around: str) -> bool:
    bare = around.strip(_AROUND_UNITS).upper()
    return bare in {"", "CR", "DR"} or any(bare == code or bare in signs for code, signs in _SIGNS.items())


def _values(digits: str) -> Iterator[Decimal]:
    if _WHOLE.fullmatch(digits):
        yield Decimal(_BETWEEN.sub("", digits))
    whole, part = _cut(digits)
    point = digits[len(whole) : len(whole) + 1]
    if 0 < len(part) <= _MOST_DECIMALS and part.isdecimal() and point not in whole and _WHOLE.fullmatch(whole):
        yield Decimal(f"{_BETWEEN.sub('', whole)}.{part}")


def _cut(digits: str) -> tuple[str, str]:
    """The digits before the last point or comma, and those after it."""
    at = max(digits.rfind("."), digits.rfind(","))
    return (digits[:at], digits[at + 1 :]) if at >= 0 else (digits, "")
