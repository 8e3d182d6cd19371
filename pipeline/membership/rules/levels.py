"""A member's level (DOMAIN §7). Pure."""

from collections.abc import Collection, Iterator

from pipeline.kernel.errors import Invalid, Problem
from pipeline.policy import Policy
from pipeline.policy.ladder import Stage
from schemas.corrections import StageCorrectionRequest


def level_of(unlocked: Collection[str], policy: Policy) -> Stage:
    """The highest stage of the ladder that is unlocked; the lowest rung, which everybody has, where none is."""
    reached = [rung for rung in policy.ladder if rung.stage in unlocked]
    return reached[-1] if reached else policy.ladder[0]


def is_raised(before: Stage, after: Stage, policy: Policy) -> bool:
    """Whether a level is higher than the one before. One that the ladder has no more was lower where none of its benefits is lost."""
    if policy.stage(before.stage) is None:
        return set(before.benefits) <= set(after.benefits)
    return policy.rank(after.stage) > policy.rank(before.stage)


def require_sound(request: StageCorrectionRequest, policy: Policy) -> None:
    """Check a correction by the policy. Raises Invalid with each problem."""
    if problems := tuple(_problems(request, policy)):
        raise Invalid(problems)


def _problems(request: StageCorrectionRequest, policy: Policy) -> Iterator[Problem]:
    stages = [rung.stage for rung in policy.ladder[1:]]
    if request.stage not in stages:
        yield Problem("stage", "unknown_stage", f"Use one of {', '.join(stages)}. Every member has the lowest stage.")
    if request.unlocked and request.because == "forgery":
        yield Problem("because", "invalid_value", "A stage cannot be given because of a forgery. Use 'mistake'.")
