"""The one rule for e-mail addresses, at every door (RFC 5321, 6531): which are taken, and in which form they are kept."""

from typing import Annotated, Final

from email_validator import EmailNotValidError, ValidatedEmail, validate_email
from pydantic import AfterValidator, Field, StringConstraints
from pydantic_core import PydanticCustomError

LOCAL_BYTES: Final = 64
"""The longest name before the @ (RFC 5321, 4.5.3.1.1), in bytes of UTF-8."""

INVALID: Final = "invalid_email"

_DOTS: Final = (
    "The part before the @ begins or ends with a dot, or has two dots in a row. Some providers, such as NTT docomo and au, gave such "
    "addresses out, but most mail servers refuse them. Give another address."
)
_LONG: Final = (
    "The part before the @ is too long for mail servers: {limit} characters at most, fewer in scripts other than Latin."
)
_ONE: Final = "This needs one @ between a name and a domain. Give an e-mail address such as name@company.com."


class NoMailAddress(ValueError):
    """What was written is no address that mail can be sent to; the message says why and what to do."""


def mail_address(written: str) -> str:
    """The address in its normal form, its domain in Unicode, without asking the network. Raises NoMailAddress."""
    try:
        return _parsed(written).normalized
    except EmailNotValidError as error:
        raise NoMailAddress(_why(written, error)) from error


def ascii_domain_address(written: str) -> str:
    """The same with its domain in small ASCII letters (RFC 5891). Raises NoMailAddress."""
    parsed = _parsed(mail_address(written))
    return f"{parsed.local_part}@{parsed.ascii_domain}"


def _parsed(written: str) -> ValidatedEmail:
    plain = written.strip()
    if len(plain.rpartition("@")[0].encode("utf-8", errors="replace")) > LOCAL_BYTES:
        raise NoMailAddress(_LONG.format(limit=LOCAL_BYTES))
    return validate_email(plain, check_deliverability=False, strict=True, allow_smtputf8=True)


def _why(written: str, error: EmailNotValidError) -> str:
    """In plain words what is wrong with the address."""
    name, at, _ = written.strip().rpartition("@")
    if not at or not name:
        return _ONE
    if ".." in name or name.startswith(".") or name.endswith("."):
        return _DOTS
    return f"{str(error).rstrip('.')}. Give an e-mail address such as name@company.com."


def _validated(written: str) -> str:
    try:
        return mail_address(written)
    except NoMailAddress as error:
        raise PydanticCustomError(INVALID, "{why}", {"why": str(error)}) from error


MailAddress = Annotated[
    str,
    StringConstraints(strip_whitespace=True),
    AfterValidator(_validated),
    Field(json_schema_extra={"format": "email"}),
]
"""An address in its normal form: names and domains in any script, at most 64 bytes before the @."""
