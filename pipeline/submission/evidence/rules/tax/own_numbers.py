"""What python-stdnum lacks or does not check (version 2.2): a few check digits, each with the source of its rule. Pure."""

from typing import Final

from stdnum import luhn
from stdnum.ch import uid
from stdnum.exceptions import InvalidChecksum, InvalidComponent, InvalidFormat, InvalidLength
from stdnum.hu import anum
from stdnum.jp import cn
from stdnum.kr import brn
from stdnum.mx import rfc
from stdnum.se import personnummer
from stdnum.tw import ubn

from pipeline.submission.evidence.rules.tax.kinds import form

_KR_WEIGHTS: Final = (1, 3, 7, 1, 3, 7, 1, 3, 5)
_KZ_WEIGHTS: Final = ((1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11), (3, 4, 5, 6, 7, 8, 9, 10, 11, 1, 2))
_KZ_BUSINESS: Final = "456"
_TEN: Final = 10
_MX_WITHOUT_HOMOCLAVE: Final = 10
GENERIC_RFC: Final = ("XAXX010101000", "XEXX010101000")
"""The SAT's numbers for customers of no name and for foreigners: nobody's own (Resolución Miscelánea Fiscal, rule 2.7.1.23)."""


def korean_brn(written: str) -> str:
    """The form by python-stdnum, and the check digit that it leaves out: weights 1 3 7 1 3 7 1 3 5, and the tens of the last product."""
    number = brn.validate(written)
    digits = [int(each) for each in number]
    total = sum(weight * digit for weight, digit in zip(_KR_WEIGHTS, digits, strict=False)) + digits[8] * 5 // _TEN
    if (total + digits[9]) % _TEN:
        raise InvalidChecksum
    return number


def korean_corporation(written: str) -> str:
    """A corporation's number in the register of the courts: 13 digits, weights 1 and 2 in turn."""
    number = form(r"[0-9]{13}")(written)
    if sum(int(each) * (place % 2 + 1) for place, each in enumerate(number[:12])) % _TEN != -int(number[12]) % _TEN:
        raise InvalidChecksum
    return number


def mexican_rfc(written: str) -> str:
    """A whole RFC, with its check digit; the generic ones are nobody's."""
    number = rfc.compact(written)
    if number in GENERIC_RFC:
        raise InvalidComponent
    if len(number) == _MX_WITHOUT_HOMOCLAVE:
        raise InvalidLength
    return rfc.validate(number, validate_check_digits=True)


def generic_rfc(written: str) -> str:
    """One of the generic numbers."""
    if (number := rfc.compact(written)) not in GENERIC_RFC:
        raise InvalidFormat
    return number


def taiwanese_ubn(written: str) -> str:
    """By the rule since April 2023: the sum is divisible by 5, no longer by 10, and of a seventh digit 7 one more may be counted."""
    number = form(r"[0-9]{8}")(written)
    rest = ubn.calc_checksum(number) % 5
    if rest != 0 and not (rest == 4 and number[6] == "7"):  # noqa: PLR2004
        raise InvalidChecksum
    return number


def japanese_cn(written: str) -> str:
    """A corporate number, or the number of a qualified invoice issuer: the same after a T."""
    return cn.validate(cn.compact(written).upper().removeprefix("T"))


def kazakh(written: str, *, business: bool) -> str:
    """A BIN or an IIN: 12 digits. The fifth digit of a BIN is 4, 5 or 6; of an IIN it is the first of the day of birth."""
    number = form(r"[0-9]{12}")(written)
    if (number[4] in _KZ_BUSINESS) != business or not 1 <= int(number[2:4]) <= 12:  # noqa: PLR2004
        raise InvalidComponent
    sums = (
        sum(int(each) * weight for each, weight in zip(number, weights, strict=False)) % 11 for weights in _KZ_WEIGHTS
    )
    digit = next((each for each in sums if each != _TEN), None)
    if digit is None or digit != int(number[11]):
        raise InvalidChecksum
    return number


def south_african_vat(written: str) -> str:
    """A VAT registration number: 10 digits, the first 4, the last by Luhn's rule."""
    return luhn.validate(form(r"4[0-9]{9}")(written))


def hungarian_adoszam(written: str) -> str:
    """A tax number as it is written at home: eight digits as of the VAT number, the kind of taxation and the county."""
    return anum.validate(form(r"[0-9]{8}[1-5][0-9]{2}")(written)[:8])


def swedish_person(written: str) -> str:
    """A sole trader's personnummer, with the 01 of its VAT number."""
    digits = "".join(each for each in personnummer.validate(written) if each.isdigit())
    return f"{digits[-10:]}01"


def swiss_uid(written: str) -> str:
    """A UID, written with or without its CHE."""
    number = uid.compact(written)
    return uid.validate(number if number.startswith("CHE") else f"CHE{number}")
