"""Who approves a right tax number (DOMAIN §7.3). Pure."""

from typing import Literal


def number_goes_to(approve: str, *, used: bool, advice: str | None) -> Literal["person", "approval"]:
    """Who approves a right tax number. A number that another member gave, or that its register does not confirm, is seen by a person.

    `advice` is what the register said; None where it was not asked, and then the policy alone decides.
    """
    confirmed = advice in {None, "registered", "not_covered"}
    return "approval" if approve == "automatic" and confirmed and not used else "person"
