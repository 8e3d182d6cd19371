from datetime import time
from typing import Annotated, Self
from zoneinfo import available_timezones

from holidays import list_supported_countries
from pydantic import Field, PositiveInt, field_validator, model_validator

from schemas.base import Frozen

Weekday = Annotated[int, Field(ge=0, le=6)]


class Clock(Frozen):
    """Working days and hours, and promises (DOMAIN §7.4). Avatar hours are by the clock, all else is in working days and hours."""

    country: str
    subdivision: str | None = None
    timezone: str
    working_weekdays: tuple[Weekday, ...] = Field(min_length=1)
    opens: time
    closes: time
    avatar_hours: PositiveInt
    verification_target_days: PositiveInt
    verification_promise_days: PositiveInt
    avatar_warning_hours: PositiveInt
    verification_warning_hours: PositiveInt

    @field_validator("country")
    @classmethod
    def _country_is_known(cls, value: str) -> str:
        if value not in list_supported_countries():
            raise ValueError(f"no calendar of public holidays is known for {value!r}; use an ISO 3166 code such as DE")
        return value

    @field_validator("timezone")
    @classmethod
    def _timezone_is_known(cls, value: str) -> str:
        if value not in available_timezones():
            raise ValueError(f"there is no time zone {value!r}; use a name such as Europe/Berlin")
        return value

    @model_validator(mode="after")
    def _closes_after_it_opens(self) -> Self:
        if self.closes <= self.opens:
            raise ValueError(f"the team closes at {self.closes}, which is not after {self.opens}, when it opens")
        return self

    @model_validator(mode="after")
    def _subdivision_is_known(self) -> Self:
        known = list_supported_countries().get(self.country, ())
        if self.subdivision is not None and self.subdivision not in known:
            raise ValueError(f"{self.country} has no calendar for {self.subdivision!r}; use one of {', '.join(known)}")
        return self

    @model_validator(mode="after")
    def _warns_before_it_is_late(self) -> Self:
        if self.avatar_warning_hours >= self.avatar_hours:
            raise ValueError(
                "avatar_warning_hours must be less than avatar_hours: the warning comes before the promise ends"
            )
        return self
