from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from pipeline.kernel.rules.statistics import percent, percentile
from pipeline.policy import Policy
from pipeline.review.claims.context import ReviewContext
from pipeline.review.quality.forecast import forecast_queues
from pipeline.review.quality.observations import Observations, Window, observations_in
from pipeline.review.quality.rules.agreement import judged, rated, reason_judged, reason_kappa, verdict_kappa
from pipeline.review.quality.rules.sampling import Agreement, compare
from schemas.quality import QualityLine, QualityView, ReasonLine

_PLACES: Final = 3


def quality(
    *,
    now: datetime,
    weeks: int,
    context: ReviewContext,
    last: date | None = None,
    queue: str | None = None,
    reviewer: str | None = None,
) -> QualityView:
    """The numbers of so many weeks up to this one, or up to that of the day `last`; of one queue and reviewer, or of all."""
    policy = context.policy
    window = window_of(now, weeks, last=last, policy=policy, queue=queue, reviewer=reviewer)
    with context.db.read() as connection:
        seen = observations_in(connection, window, idle=timedelta(seconds=policy.quality.idle_seconds))
        forecast, assumption = forecast_queues(connection, now=now, policy=policy, queue=queue)
    people = {reviewer} if reviewer else _people(seen)
    return QualityView(
        since=window.since,
        until=window.until,
        all=line("all", seen, by=reviewer),
        weeks=tuple(line(week, _part(seen, week=week), by=reviewer) for week in _weeks(window)),
        reviewers=tuple(line(each, _of(seen, each), by=each) for each in sorted(people)),
        queues=tuple(line(each, _part(seen, queue=each), by=reviewer) for each in sorted(_queues(seen))),
        reasons=tuple(reason_line(reason, seen, verdict=verdict, by=reviewer) for reason, verdict in _reasons(seen)),
        forecast=forecast,
        assumption=assumption,
    )


def window_of(
    now: datetime, weeks: int, *, last: date | None, policy: Policy, queue: str | None, reviewer: str | None
) -> Window:
    """From Monday 00:00 of the first week, in the team's zone, to the end of the last one or until now. Pure."""
    zone = ZoneInfo(policy.clock.timezone)
    day = last or now.astimezone(zone).date()
    monday = day - timedelta(days=day.weekday())
    since, end = monday - timedelta(weeks=weeks - 1), monday + timedelta(weeks=1)
    return Window(_midnight(since, zone), min(now, _midnight(end, zone)), zone, queue, reviewer)


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=zone)


def line(name: str, seen: Observations, *, by: str | None = None) -> QualityLine:
    """The numbers of one part of the observations; `by` a person, their verdicts on either side of a pair. Pure."""
    both = rated(seen.pairs)
    agreed = sum(pair.how is Agreement.AGREED for pair in both)
    found = judged(both, seen.golden, by=by)
    wrong = sum(each.wrong for each in found)
    kappa = verdict_kappa(both)
    seconds = [each.seconds for each in seen.decisions]
    return QualityLine(
        name=name,
        decided=len(seen.decisions),
        hasty=sum(each.hasty for each in seen.decisions),
        pairs=len(both),
        agreed=agreed,
        agreement_percent=percent(agreed, len(both)),
        kappa=None if kappa is None else round(kappa, _PLACES),
        unruled=sum(pair.right is None for pair in both),
        judged=len(found),
        wrong=wrong,
        error_percent=percent(wrong, len(found)),
        golden=len(seen.golden),
        golden_right=sum(compare(each.said, each.right) is Agreement.AGREED for each in seen.golden),
        p50_seconds=percentile(seconds, 50),
        p90_seconds=percentile(seconds, 90),
        p99_seconds=percentile(seconds, 99),
    )


def reason_line(reason: str, seen: Observations, *, verdict: str, by: str | None = None) -> ReasonLine:
    """The numbers of one reason for one verdict. Pure."""
    found = reason_judged(seen.pairs, seen.golden, reason, verdict=verdict, by=by)
    kappa = reason_kappa(seen.pairs, reason, verdict=verdict)
    sides = [said for pair in seen.pairs for said in (pair.first, pair.second)]
    return ReasonLine(
        reason=reason,
        verdict=verdict,
        given=sum(said.gave(reason, verdict=verdict) for said in (*sides, *(each.said for each in seen.golden))),
        pairs=len(rated(seen.pairs)),
        kappa=None if kappa is None else round(kappa, _PLACES),
        judged=len(found),
        wrong=sum(found),
        error_percent=percent(sum(found), len(found)),
    )


def _people(seen: Observations) -> set[str]:
    sides = {each for pair in seen.pairs for each in (pair.first_by, pair.second_by)}
    return {each.by for each in seen.decisions} | {each.by for each in seen.golden} | sides


def _queues(seen: Observations) -> set[str]:
    return (
        {each.queue for each in seen.decisions}
        | {each.queue for each in seen.pairs}
        | {each.queue for each in seen.golden}
    )


def _of(seen: Observations, person: str) -> Observations:
    return Observations(
        tuple(each for each in seen.decisions if each.by == person),
        tuple(pair for pair in seen.pairs if person in (pair.first_by, pair.second_by)),
        tuple(each for each in seen.golden if each.by == person),
    )


def _part(seen: Observations, *, week: str | None = None, queue: str | None = None) -> Observations:
    def wanted(each_week: str, each_queue: str) -> bool:
        return week in (None, each_week) and queue in (None, each_queue)

    return replace(
        seen,
        decisions=tuple(each for each in seen.decisions if wanted(each.week, each.queue)),
        pairs=tuple(each for each in seen.pairs if wanted(each.week, each.queue)),
        golden=tuple(each for each in seen.golden if wanted(each.week, each.queue)),
    )


def _weeks(window: Window) -> Iterable[str]:
    """Every week of the window, also one in which nothing happened."""
    days = max(1, -(-(window.until - window.since) // timedelta(days=1)))
    return sorted({window.week(window.since + timedelta(days=day)) for day in range(days)})


def _reasons(seen: Observations) -> list[tuple[str, str]]:
    """Each reason with the verdict that it was given for."""
    said = [each for pair in seen.pairs for each in (pair.first, pair.second)] + [each.said for each in seen.golden]
    return sorted({(reason, each.verdict) for each in said for reason in each.reasons})
