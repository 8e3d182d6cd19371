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


def number_problems(country: str, written: str) -> Iterator[Problem]:
    """The problem of a country whose numbers cannot be checked, or of a number of a kind that is not taken. It spends no chance.

    A wrong check digit is none of these: it is judged after the submission was accepted, as what a person says is.
    """
    if not tax_numbers.is_known(country):
        message = f"Numbers of {country!r} cannot be checked. Choose another method of verification."
        yield Problem("tax_number.country", "unknown_tax_country", message)
        return
    checked = tax_numbers.check(country, written)
    known = "; ".join(kind.name for kind in tax_numbers.taken_kinds(country))
    if checked.wrong == tax_numbers.WRONG_FORMAT:
        message = f"The number has no form that we know of {country}: {known}. Check the number and the country. No chance is spent."
        yield Problem("tax_number.number", tax_numbers.WRONG_FORMAT, message)
    elif checked.wrong == tax_numbers.OTHER_KIND and checked.kind is not None:
        where = f" of {checked.of}" if checked.of else ""
        message = f"This seems to be {checked.kind.name}{where}. Of {country}, give: {known}. No chance is spent."
        yield Problem("tax_number.number", tax_numbers.OTHER_KIND, message)


def address_problems(written: str, rules: BusinessEmail) -> Iterator[Problem]:
    """The problem of an address that is not of a business."""
    if code := email_domains.refusal(email_domains.domain_of(email_domains.plain_address(written)), rules):
        yield Problem("business_email", code, _NO_BUSINESS[code])


def number_goes_to(approve: str, *, used: bool, advice: str | None) -> Literal["person", "approval"]:
    """Who approves a right tax number. A person sees one that another member gave, or that its register does not confirm.

    `advice` is the register's answer; None where it was not asked, and then the policy alone decides.
    """
    confirmed = advice in {None, "registered", "not_covered"}
    return "approval" if approve == "automatic" and confirmed and not used else "person"
