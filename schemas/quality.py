from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import Field

from schemas.base import Frozen, Identifier, Prose

Verdict = Literal["approve", "reject"]
"""What can be right of a golden case."""


class GoldenRequest(Frozen):
    """A decided case that is to be golden, with the right verdict and, of a rejection, the right reasons."""

    submission_id: UUID
    verdict: Verdict
    reasons: tuple[Identifier, ...] = Field(default=(), max_length=20)
    note: Prose | None = None


class GoldenView(Frozen):
    """A golden case, and how many answered it and how many of them rightly."""

    id: UUID
    submission_id: UUID
    queue: str
    verdict: str
    reasons: tuple[str, ...]
    note: str | None
    marked_by: str
    marked_at: datetime
    retired_at: datetime | None
    answered: int
    right: int


class Side(Frozen):
    """What one of two people said of a case."""

    reviewer: str
    verdict: str
    reasons: tuple[str, ...]
    message: str | None
    note: str | None
    facts: dict[str, Any]
    decided_at: datetime


class Adjudication(Frozen):
    """A sampled case on which two people disagree; without a ruling it waits for a lead."""

    check_id: UUID
    submission_id: UUID
    queue: str
    how: str
    first: Side
    second: Side
    ruling: str | None
    ruled_by: str | None
    ruled_at: datetime | None
    ruling_note: str | None


class SeenPage(Frozen):
    """One page that both looked at."""

    material_id: UUID
    page: int
    width: int
    height: int


class AdjudicationCase(Adjudication):
    """The same with what both looked at."""

    kind: str
    stage: str | None
    identity: str | None
    form: dict[str, str]
    pages: tuple[SeenPage, ...]


class AdjudicationRequest(Frozen):
    """Who of the two was right, and why."""

    ruling: Literal["first", "second"]
    note: Prose | None = None


class QualityLine(Frozen):
    """The numbers of one week, queue or reviewer. Shares are percentages; times are seconds of work on a case.

    `hasty` are verdicts that were refused because the case had not been looked at for the least time of the policy.
    """

    name: str
    decided: int
    hasty: int
    pairs: int
    agreed: int
    agreement_percent: float | None
    kappa: float | None
    unruled: int
    judged: int
    wrong: int
    error_percent: float | None
    golden: int
    golden_right: int
    p50_seconds: float | None
    p90_seconds: float | None
    p99_seconds: float | None


class ReasonLine(Frozen):
    """How well one reason for one verdict is used."""

    reason: str
    verdict: str
    given: int
    pairs: int
    kappa: float | None
    judged: int
    wrong: int
    error_percent: float | None


class ForecastLine(Frozen):
    """What will become of one queue at its present pace, in working hours."""

    queue: str
    waiting: int
    overdue: int
    arrivals_per_hour: float
    decided_per_hour: float
    late_of_waiting: int
    arriving: int
    late_of_arriving: int
    hours_to_clear: float | None


class QualityView(Frozen):
    """Everything on the lead's page: by week, reviewer, queue and reason, and the forecast with what it assumes."""

    since: datetime
    until: datetime
    all: QualityLine
    weeks: tuple[QualityLine, ...]
    reviewers: tuple[QualityLine, ...]
    queues: tuple[QualityLine, ...]
    reasons: tuple[ReasonLine, ...]
    forecast: tuple[ForecastLine, ...]
    assumption: str
