"""The shape of the policy's part for the methods of verification (DOMAIN §7.3)."""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field

from schemas.base import Frozen, Line
from schemas.submissions import Method

Methods = Annotated[Mapping[Method, Line], Field(min_length=1)]
"""The methods that are offered, in that order, with their titles."""


class ChecklistItem(Frozen):
    """A question that the reviewer answers, and the facts that a yes to it records.

    One that `needs_profile` is asked only where upstream or the account says what the picture is to be compared with.
    """

    code: str
    text: str
    facts: tuple[str, ...] = ()
    needs_profile: bool = False


class SeenByPerson(Frozen):
    """A method whose evidence is no file and which a person judges: what they answer. Its part of the policy has its name."""

    checklist: tuple[ChecklistItem, ...] = Field(min_length=1)


class TaxNumbers(SeenByPerson):
    """Who approves a number that passes format and check digit, and what a person then answers."""

    approve: Literal["person", "automatic"]


class BusinessEmail(Frozen):
    """Domains that are refused or taken whatever the kept lists say, and the fields of the forms that hold a company's site.

    A domain stands for those below it. Not so the `registries`: companies have names of their own below them. `free_domains` and
    `disposable_domains` add to the kept lists, and `free_brands` are free with every country's ending.
    """

    refused_domains: tuple[str, ...]
    taken_domains: tuple[str, ...]
    free_brands: tuple[str, ...] = ()
    free_domains: tuple[str, ...] = ()
    disposable_domains: tuple[str, ...] = ()
    registries: tuple[str, ...] = ()
    site_fields: tuple[str, ...]


class Rulings(Frozen):
    """What a member reads where a rule, not a person, ended a verification."""

    tax_number_format: Line
    tax_number_check_digit: Line
    wrong_code: Line
    code_expired: Line
