"""The normal forms of e-mail addresses and phone numbers (DOMAIN §2). Pure."""

from typing import Final

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumber, PhoneNumberFormat, PhoneNumberType

from pipeline.kernel.errors import Invalid, Problem
from schemas.mail_address import INVALID, NoMailAddress, mail_address

MOBILE: Final = frozenset({PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE})
"""Many countries, such as the United States, do not distinguish mobile numbers from others."""

_NO_NUMBER: Final = Problem(
    "phone",
    "invalid_phone",
    "This is not a phone number. Write it with + and the country's code, such as +49 1512 3456789.",
)


def email_address(written: str) -> str:
    """The address in its normal form, by the one rule for addresses, without asking the network. Raises Invalid."""
    try:
        return mail_address(written)
    except NoMailAddress as error:
        raise Invalid([Problem("email", INVALID, str(error))]) from error


def mobile_number(written: str, region: str | None) -> str:
    """The number in E.164; `region` is the country of a number without +. Raises Invalid, also for a landline."""
    number = _parsed(written, region)
    if phonenumbers.number_type(number) not in MOBILE:
        raise Invalid([Problem("phone", "not_a_mobile_phone", "This is not a mobile number. Give a mobile number.")])
    return _e164(number)


def phone_number(written: str, region: str | None) -> str:
    """The number in E.164, mobile or landline. Raises Invalid."""
    return _e164(_parsed(written, region))


def _parsed(written: str, region: str | None) -> PhoneNumber:
    try:
        number = phonenumbers.parse(written, region)
    except NumberParseException as error:
        raise Invalid([_NO_NUMBER]) from error
    if number.extension or not phonenumbers.is_valid_number(number):
        raise Invalid([_NO_NUMBER])
    return number


def _e164(number: PhoneNumber) -> str:
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)
