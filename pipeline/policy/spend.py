"""The shape of the policy's part for unlocking by spend (DOMAIN §7): money, rates with their dates, and refunds."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from schemas.base import Frozen

Currency = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]
"""The three letters of ISO 4217."""

Amount = Annotated[Decimal, Field(gt=0, max_digits=15, decimal_places=2)]
"""Money in the base currency."""


class Rate(Frozen):
    """What one unit of a currency is worth in the base currency, from that day on (UTC) until the next rate's."""

    since: date
    rate: Annotated[Decimal, Field(gt=0, le=10_000, decimal_places=9)]


def _by_date(rates: tuple[Rate, ...]) -> tuple[Rate, ...]:
    days = [rate.since for rate in rates]
    if days != sorted(set(days)):
        raise ValueError("put the rates in the order of their dates, each date once")
    return rates


Rates = Annotated[tuple[Rate, ...], Field(min_length=1), AfterValidator(_by_date)]
"""The rates of one currency, the earliest first."""


class Spend(Frozen):
    """How orders count: in which currency stages are priced, what others are worth, and what becomes of a stage after refunds.

    `refunds_below` says what follows when refunds bring a member below the amount that unlocked a stage: the member keeps it, or
    a person reviews it.
    """

    base_currency: Currency
    refunds_below: Literal["keep", "review"]
    rates: Mapping[Currency, Rates]

    @model_validator(mode="after")
    def _the_base_has_no_rate(self) -> Self:
        if self.base_currency in self.rates:
            raise ValueError(f"{self.base_currency} is the base currency; it has no rate")
        return self


def wrong_amounts(ladder: Sequence[tuple[bool, Decimal | None]]) -> list[str]:
    """What is wrong with the amounts of a ladder, in words: for each rung whether it is unlocked by spend, and its amount."""
    wrong: list[str] = []
    highest = Decimal(0)
    for at, (by_spend, amount) in enumerate(ladder):
        if by_spend != (amount is not None):
            missing = 'add the amount, since the stage is unlocked by "spend"'
            needless = 'remove it, or add "spend" to unlocked_by'
            wrong.append(f"ladder.{at}.spend: {missing if by_spend else needless}")
        if amount is not None and amount <= highest:
            wrong.append(f"ladder.{at}.spend: {amount} is not more than the {highest} of a stage below")
        highest = max(highest, amount or highest)
    return wrong
