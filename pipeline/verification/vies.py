"""Ask a public register about a tax number. Its answer is advice: no member is rejected because a register is away."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Literal

import httpx
import structlog

from pipeline.submission.evidence.rules.tax_numbers import IN_VIES

log = structlog.get_logger()

TIMEOUT_SECONDS: Final = 8.0
_VIES_NAMES: Final = {"GR": "EL"}
_NAME_LENGTH: Final = 200


@dataclass(frozen=True, slots=True)
class Advice:
    """The register's answer. `not_covered`: it has no numbers of that country. `name` is the company's."""

    status: Literal["registered", "not_registered", "unavailable", "not_covered"]
    name: str | None = None


LookUp = Callable[[str, str], Advice]
"""`(country, number)`: asks a register. Never raises, and answers within a bounded time."""


class Vies:
    """The European Union's VAT Information Exchange System, by its REST service below `url`."""

    def __init__(self, url: str, *, timeout: float = TIMEOUT_SECONDS) -> None:
        self._client = httpx.Client(base_url=url, timeout=timeout, trust_env=True)

    def look_up(self, country: str, number: str) -> Advice:
        """Ask whether the number is registered for trade within the Union."""
        if country not in IN_VIES:
            return Advice("not_covered")
        asked = {"countryCode": _VIES_NAMES.get(country, country), "vatNumber": number}
        try:
            answer = self._client.post("check-vat-number", json=asked)
            answer.raise_for_status()
            found = answer.json()
        except (httpx.HTTPError, ValueError) as error:
            log.warning("register.unavailable", country=country, error=type(error).__name__)
            return Advice("unavailable")
        return _advice(found)

    def close(self) -> None:
        """Close the connections."""
        self._client.close()


def _advice(found: Any) -> Advice:
    """The advice in an answer. One without `valid` reports a fault, such as `MS_UNAVAILABLE`."""
    valid = found.get("valid") if isinstance(found, dict) else None
    if not isinstance(valid, bool):
        return Advice("unavailable")
    name = str(found.get("name") or "").strip("- ")[:_NAME_LENGTH]
    return Advice("registered" if valid else "not_registered", name or None)
