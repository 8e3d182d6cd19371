"""What a correction of a stage must say. Pure."""

from collections.abc import Iterator

from pipeline.errors import Invalid, Problem
from pipeline.policy import Policy
from schemas.corrections import StageCorrectionRequest


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
