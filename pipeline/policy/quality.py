from collections.abc import Mapping
from typing import Annotated, Self

from pydantic import Field, NonNegativeInt, PositiveInt, model_validator

from schemas.base import Frozen

Share = Annotated[float, Field(ge=0, le=1)]


class Quality(Frozen):
    """Shares are of one. `sample` is of decisions, by queue; `mix` and `golden` are of claims."""

    seed: str
    sample: Mapping[str, Share]
    after_hours: NonNegativeInt
    mix: Share
    golden: Share
    keep_days: PositiveInt
    idle_seconds: PositiveInt
    forecast_working_days: PositiveInt

    @model_validator(mode="after")
    def _most_claims_are_members_cases(self) -> Self:
        if self.mix + self.golden > 1:
            raise ValueError(
                f"mix and golden are shares of the same claims; {self.mix} and {self.golden} are more than all"
            )
        return self
