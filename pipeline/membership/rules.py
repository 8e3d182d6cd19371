"""A member's level (DOMAIN §7). Pure."""

from collections.abc import Collection
from typing import Literal

from pipeline.ladder_policy import Stage
from pipeline.policy import Policy


def level_of(unlocked: Collection[str], policy: Policy) -> Stage:
    """The highest stage of the ladder that is unlocked; the lowest rung, which everybody has, where none is."""
    reached = [rung for rung in policy.ladder if rung.stage in unlocked]
    return reached[-1] if reached else policy.ladder[0]


def number_goes_to(approve: str, *, used: bool, advice: str | None) -> Literal["person", "approval"]:
    """Who approves a right tax number. A number that another member gave, or that its register does not confirm, is seen by a person.

    `advice` is what the register said; None where it was not asked, and then the policy alone decides.
    """
    confirmed = advice in {None, "registered", "not_covered"}
    return "approval" if approve == "automatic" and confirmed and not used else "person"
