"""The numbers of quality: by week, reviewer, queue and reason."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from pipeline.kernel.database import Database
from pipeline.policy import Policy
from pipeline.review.quality.forecast import outlook
from pipeline.review.quality.rules.agreement import judged, percent, rated, reason_judged, reason_kappa, verdict_kappa
from pipeline.review.quality.rules.handling import percentile
from pipeline.review.quality.rules.sampling import Agreement, compare
from pipeline.review.quality.samples_of_work import Window, Work, work_in
from schemas.quality import QualityLine, QualityView, ReasonLine

_PLACES: Final = 3


def quality(
    *,
    now: datetime,
    weeks: int,
    db: Database,
    policy: Policy,
    last: date | None = None,
    queue: str | None = None,
    reviewer: str | None = None,
) -> QualityView:
    """The numbers of so many weeks up to this one, or up to that of the day `last`; of one queue and reviewer, or of all."""
    window = window_of(now, weeks, last=last, policy=policy, queue=queue, reviewer=reviewer)
    with db.read() as connection:
        work = work_in(connection, window, idle=timedelta(seconds=policy.quality.idle_seconds))
        forecast, assumption = outlook(connection, now=now, policy=policy, queue=queue)
    people = {reviewer} if reviewer else _people(work)
    return QualityView(
        since=window.since,
        until=window.until,
        all=line("all", work, by=reviewer),
        weeks=tuple(line(week, _part(work, week=week), by=reviewer) for week in _weeks(window)),
        reviewers=tuple(line(each, _of(work, each), by=each) for each in sorted(people)),
        queues=tuple(line(each, _part(work, queue=each), by=reviewer) for each in sorted(_queues(work))),
        reasons=tuple(reason_line(reason, work, verdict=verdict, by=reviewer) for reason, verdict in _reasons(work)),
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


def line(name: str, work: Work, *, by: str | None = None) -> QualityLine:
    """The numbers of one part of the work; `by` a person, what they said on either side of a pair. Pure."""
    both = rated(work.pairs)
    agreed = sum(pair.how is Agreement.AGREED for pair in both)
    found = judged(both, work.known, by=by)
    wrong = sum(each.wrong for each in found)
    kappa = verdict_kappa(both)
    seconds = [each.seconds for each in work.done]
    return QualityLine(
        name=name,
        decided=len(work.done),
        pairs=len(both),
        agreed=agreed,
        agreement_percent=percent(agreed, len(both)),
        kappa=None if kappa is None else round(kappa, _PLACES),
        unruled=sum(pair.right is None for pair in both),
        judged=len(found),
        wrong=wrong,
        error_percent=percent(wrong, len(found)),
        golden=len(work.known),
        golden_right=sum(compare(each.said, each.right) is Agreement.AGREED for each in work.known),
        p50_seconds=percentile(seconds, 50),
        p90_seconds=percentile(seconds, 90),
        p99_seconds=percentile(seconds, 99),
    )


def reason_line(reason: str, work: Work, *, verdict: str, by: str | None = None) -> ReasonLine:
    """The numbers of one reason for one verdict. Pure."""
    found = reason_judged(work.pairs, work.known, reason, verdict=verdict, by=by)
    kappa = reason_kappa(work.pairs, reason, verdict=verdict)
    sides = [said for pair in work.pairs for said in (pair.first, pair.second)]
    return ReasonLine(
        reason=reason,
        verdict=verdict,
        given=sum(said.gave(reason, verdict=verdict) for said in (*sides, *(each.said for each in work.known))),
        pairs=len(rated(work.pairs)),
        kappa=None if kappa is None else round(kappa, _PLACES),
        judged=len(found),
        wrong=sum(found),
        error_percent=percent(sum(found), len(found)),
    )


def _people(work: Work) -> set[str]:
    sides = {each for pair in work.pairs for each in (pair.first_by, pair.second_by)}
    return {each.by for each in work.done} | {each.by for each in work.known} | sides


def _queues(work: Work) -> set[str]:
    return (
        {each.queue for each in work.done} | {each.queue for each in work.pairs} | {each.queue for each in work.known}
    )


def _of(work: Work, person: str) -> Work:
    return Work(
        tuple(each for each in work.done if each.by == person),
        tuple(pair for pair in work.pairs if person in (pair.first_by, pair.second_by)),
        tuple(each for each in work.known if each.by == person),
    )


def _part(work: Work, *, week: str | None = None, queue: str | None = None) -> Work:
    def wanted(each_week: str, each_queue: str) -> bool:
        return week in (None, each_week) and queue in (None, each_queue)

    return replace(
        work,
        done=tuple(each for each in work.done if wanted(each.week, each.queue)),
        pairs=tuple(each for each in work.pairs if wanted(each.week, each.queue)),
        known=tuple(each for each in work.known if wanted(each.week, each.queue)),
    )


def _weeks(window: Window) -> Iterable[str]:
    """Every week of the window, also one in which nothing happened."""
    days = max(1, -(-(window.until - window.since) // timedelta(days=1)))
    return sorted({window.week(window.since + timedelta(days=day)) for day in range(days)})


def _reasons(work: Work) -> list[tuple[str, str]]:
    """Each reason with the verdict that it was given for."""
    said = [each for pair in work.pairs for each in (pair.first, pair.second)] + [each.said for each in work.known]
    return sorted({(reason, each.verdict) for each in said for reason in each.reasons})
