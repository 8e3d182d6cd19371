from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Connection, Row, Select, Text, and_, cast, func, select

from pipeline.review.quality.adjudication import compared
from pipeline.review.quality.rules.agreement import GoldenAnswer, Pair
from pipeline.review.quality.rules.handling import Span, worked
from pipeline.review.quality.rules.sampling import CheckKind, Said
from pipeline.review.tables import ANSWER_STANDING, ON_MEMBERS_CASES, answer, check, claim, golden
from pipeline.submission.audit import audit
from pipeline.submission.tables import STANDING, decision, submission

REPORTS: Final = ("claim.opened", "claim.renewed")
OPENED: Final = "claim.opened"


@dataclass(frozen=True, slots=True)
class Window:
    """From when to when, in which zone weeks begin, and which queue and reviewer; None means all."""

    since: datetime
    until: datetime
    zone: ZoneInfo
    queue: str | None = None
    reviewer: str | None = None

    def week(self, at: datetime) -> str:
        """The ISO week, as `2026-W47`."""
        year, week, _ = at.astimezone(self.zone).isocalendar()
        return f"{year}-W{week:02}"


@dataclass(frozen=True, slots=True)
class TimedDecision:
    """One decision of a person, the seconds that they worked on it, and how many verdicts on it were refused before as too quick."""

    week: str
    queue: str
    by: str
    seconds: float
    hasty: int = 0


@dataclass(frozen=True, slots=True)
class Observations:
    """All that is counted."""

    decisions: tuple[TimedDecision, ...]
    pairs: tuple[Pair, ...]
    golden: tuple[GoldenAnswer, ...]


def observations_in(connection: Connection, window: Window, *, idle: timedelta) -> Observations:
    """The decisions of the window, the second verdicts on them, and the answers to golden cases."""
    return Observations(
        tuple(_decisions(connection, window, idle)),
        tuple(_pairs(connection, window)),
        tuple(_golden(connection, window)),
    )


def _decisions(connection: Connection, window: Window, idle: timedelta) -> list[TimedDecision]:
    conditions = [STANDING, decision.c.reviewer_id.is_not(None), *_within(window, decision.c.decided_at)]
    if window.reviewer:
        conditions.append(decision.c.reviewer_id == window.reviewer)
    rows = connection.execute(_claims_of_decisions().where(*conditions, *_queue(window, submission.c.kind))).all()
    by_decision = groupby(rows, key=lambda row: (row.decision_id, row.decided_at, row.queue, row.by))
    return [_timed(window, key, list(claims), idle) for key, claims in by_decision]


def _timed(
    window: Window, decided: tuple[Any, datetime, str, str], claims: Sequence[Row[Any]], idle: timedelta
) -> TimedDecision:
    _, at, queue, by = decided
    seconds = worked(map(_span, claims), idle=idle).total_seconds()
    return TimedDecision(window.week(at), queue, by, seconds, sum(each.hasty for each in claims))


def _claims_of_decisions() -> Select[Any]:
    """Each claim on the case that its decider had until then, with what its page reported."""
    reports = and_(
        audit.c.submission_id == claim.c.submission_id,
        audit.c.event.in_(REPORTS),
        audit.c.detail["claim_id"].astext == cast(claim.c.id, Text),
    )
    theirs = and_(claim.c.submission_id == decision.c.submission_id, claim.c.reviewer_id == decision.c.reviewer_id)
    made = (decision.c.id.label("decision_id"), decision.c.decided_at, decision.c.reviewer_id.label("by"))
    return (
        select(
            *made,
            submission.c.kind.label("queue"),
            claim.c.claimed_at,
            claim.c.ended_at,
            claim.c.state,
            claim.c.hasty,
            func.array_agg(audit.c.at).label("reports"),
            func.min(audit.c.at).filter(audit.c.event == OPENED).label("opened_at"),
        )
        .join(submission, submission.c.id == decision.c.submission_id)
        .join(claim, and_(theirs, ON_MEMBERS_CASES, claim.c.claimed_at <= decision.c.decided_at))
        .outerjoin(audit, reports)
        .group_by(decision.c.id, submission.c.kind, claim.c.id)
        .order_by(decision.c.id, claim.c.id)
    )


def _span(row: Row[Any]) -> Span:
    """Work on a case that was fetched ahead begins when its page is opened."""
    return Span(row.opened_at or row.claimed_at, tuple(filter(None, row.reports)), row.ended_at, row.state)


def _pairs(connection: Connection, window: Window) -> list[Pair]:
    query = compared(*_within(window, decision.c.decided_at), *_queue(window, check.c.queue))
    found = [
        Pair(
            window.week(row.first_decided_at),
            row.queue,
            row.first_reviewer_id,
            Said(row.first_verdict, tuple(row.first_reasons)),
            row.second_reviewer_id,
            Said(row.second_verdict, tuple(row.second_reasons)),
            row.ruling,
        )
        for row in connection.execute(query)
    ]
    return [pair for pair in found if window.reviewer in (None, pair.first_by, pair.second_by)]


def _golden(connection: Connection, window: Window) -> list[GoldenAnswer]:
    conditions = [check.c.kind == CheckKind.GOLDEN, ANSWER_STANDING, answer.c.effects_at <= func.now()]
    if window.reviewer:
        conditions.append(answer.c.reviewer_id == window.reviewer)
    query = (
        select(answer, check.c.queue, golden.c.verdict.label("right"), golden.c.reasons.label("right_reasons"))
        .join(check, check.c.id == answer.c.check_id)
        .join(golden, golden.c.id == check.c.golden_id)
        .where(*conditions, *_within(window, answer.c.decided_at), *_queue(window, check.c.queue))
    )
    return [
        GoldenAnswer(
            window.week(row.decided_at),
            row.queue,
            row.reviewer_id,
            Said(row.verdict, tuple(row.reasons)),
            Said(row.right, tuple(row.right_reasons)),
        )
        for row in connection.execute(query)
    ]


def _within(window: Window, at: ColumnElement[datetime]) -> list[ColumnElement[bool]]:
    return [at >= window.since, at < window.until]


def _queue(window: Window, queue: ColumnElement[str]) -> list[ColumnElement[bool]]:
    return [queue == window.queue] if window.queue else []
