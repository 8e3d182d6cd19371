"""A submission of the demo on its way, and how long it took."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from cli.demo.plan import Plan


@dataclass
class Sent:
    """A plan that was carried out so far, and what the API last said of it."""

    plan: Plan
    submission_id: str | None
    view: Mapping[str, Any] = field(default_factory=dict)
    seconds: float | None = None
    differences: list[str] = field(default_factory=list)

    @property
    def ended(self) -> bool:
        """Closed, and every effect has happened."""
        return self.seconds is not None


def seconds_of(view: Mapping[str, Any]) -> float:
    """From acceptance to the last effect, by the service's own times."""
    ends = [view["closed_at"], *(each["done_at"] for each in view["effects"])]
    return max((_time(end) - _time(view["accepted_at"])).total_seconds() for end in ends if end)


def _time(written: str) -> datetime:
    return datetime.fromisoformat(written)
