"""A member's level (DOMAIN §7). Pure."""

from collections.abc import Collection, Iterator
from typing import Literal

from pipeline.kernel.errors import Invalid, Problem
from pipeline.policy import Policy
from pipeline.policy.ladder import Stage
from schemas.corrections import StageCorrectionRequest


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


def require_sound(request: StageCorrectionRequest, policy: Policy) -> None:
    """Hold a correction against the policy. Raises Invalid with each problem."""
    if problems := tuple(_problems(request, policy)):
        raise Invalid(problems)


def _problems(request: StageCorrectionRequest, policy: Policy) -> Iterator[Problem]:
    stages = [rung.stage for rung in policy.ladder[1:]]
    if request.stage not in stages:
        yield Problem("stage", "unknown_stage", f"Use one of {', '.join(stages)}. The lowest stage is everybody's.")
    if request.unlocked and request.because == "forgery":
        yield Problem("because", "invalid_value", "A forgery gives nobody a stage. Use 'mistake'.")
