from collections.abc import Mapping
from typing import Annotated, Self

from pydantic import Field, NonNegativeInt, PositiveInt, model_validator

from schemas.base import Frozen

Share = Annotated[float, Field(ge=0, le=1)]


class Quality(Frozen):
    """Blind looks at decisions that were made (docs/quality.md). Shares are of one.

    `seed` and a decision's id determine whether it is in the sample. `sample` is the share of decisions by queue; a look comes `after_hours`
    at the earliest and is dropped after `keep_days`. `mix` and `golden` are the largest shares of a person's claims that are samples and
    golden cases. A pause of more than `idle_seconds` is not counted as work; the forecast looks back `forecast_working_days`.
    """

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
