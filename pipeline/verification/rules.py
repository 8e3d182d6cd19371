"""Problems of a tax number or a business address at the door, and who approves a right number (DOMAIN §7.3). Pure."""

from collections.abc import Iterator
from typing import Final, Literal

from pipeline.kernel.errors import Problem
from pipeline.policy.methods import BusinessEmail
from pipeline.submission.evidence.rules import email_domains, tax_numbers

_NO_BUSINESS: Final = {
    "free_mail_domain": "This provider gives mailboxes to everybody. Give an address of your company's own domain.",
    "disposable_domain": "This domain is for throw-away mailboxes. Give an address of your company's own domain.",
}


def country_problems(country: str) -> Iterator[Problem]:
    """The problem of a country whose numbers cannot be checked."""
    if not tax_numbers.is_known(country):
        message = f"Numbers of {country!r} cannot be checked. Choose another method of verification."
        yield Problem("tax_number.country", "unknown_tax_country", message)


def address_problems(written: str, rules: BusinessEmail) -> Iterator[Problem]:
    """The problem of an address that is none, or not of a business."""
    address = email_domains.plain_address(written)
    if address is None:
        yield Problem("business_email", "invalid_email", "Give an e-mail address such as name@company.com.")
    elif code := email_domains.refusal(email_domains.domain_of(address), rules):
        yield Problem("business_email", code, _NO_BUSINESS[code])


def number_goes_to(approve: str, *, used: bool, advice: str | None) -> Literal["person", "approval"]:
    """Who approves a right tax number. A person sees one that another member gave, or that its register does not confirm.

    `advice` is the register's answer; None where it was not asked, and then the policy alone decides.
    """
    confirmed = advice in {None, "registered", "not_covered"}
    return "approval" if approve == "automatic" and confirmed and not used else "person"
