"""The shape of a file with rates, which somebody writes anew each day (PROOFDESK_RATES_FILE)."""

from collections.abc import Mapping
from typing import Self

from pydantic import model_validator

from pipeline.policy.spend import Currency, Rates
from schemas.base import Frozen


class RatesFeed(Frozen):
    """Rates of currencies in the base currency, as `[spend.rates]` of the policy has them."""

    base_currency: Currency
    rates: Mapping[Currency, Rates]

    @model_validator(mode="after")
    def _the_base_has_no_rate(self) -> Self:
        if self.base_currency in self.rates:
            raise ValueError(f"{self.base_currency} is the base currency; it has no rate")
        return self
