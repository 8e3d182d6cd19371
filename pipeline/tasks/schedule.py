"""Periodic work. A run is a primary key, inserted together with its task, so any number of schedulers is safe."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy import Connection, delete, func, select
from sqlalchemy.dialects.postgresql import insert

from pipeline.kernel.database import Database, took_effect
from pipeline.policy import Policy
from pipeline.tasks import ledger
from pipeline.tasks.rules import CHECKPOINT_AUDIT, FORGET_OLD, RETAIN, SWEEP_STORAGE, WATCH_SLA, Kind, TaskState
from pipeline.tasks.tables import schedule_run, task

KEPT_RUNS: Final = 10
"""Runs of each kind that are kept: a clock that is set back by less than these fires nothing again."""

_AT_ONCE: Final = 100


@dataclass(frozen=True, slots=True)
class Scheduled:
    """A kind of work and its period, counted from the epoch."""

    kind: Kind
    every: timedelta


SCHEDULE: Final = (
    Scheduled(SWEEP_STORAGE, timedelta(hours=1)),
    Scheduled(FORGET_OLD, timedelta(hours=1)),
    Scheduled(RETAIN, timedelta(hours=1)),
    Scheduled(WATCH_SLA, timedelta(minutes=1)),
)


def schedule_of(policy: Policy) -> Sequence[Scheduled]:
    """All periodic work, with the periods that the policy sets."""
    return (*SCHEDULE, Scheduled(CHECKPOINT_AUDIT, timedelta(minutes=policy.audit.checkpoint_minutes)))


def slot(every: timedelta, now: datetime) -> datetime:
    """The latest start of a period that is not after `now`."""
    seconds = every.total_seconds()
    return datetime.fromtimestamp(now.timestamp() // seconds * seconds, UTC)


def fire_due(db: Database, *, schedule: Sequence[Scheduled] = SCHEDULE) -> int:
    """Record the task of each period that has begun and was not fired yet, by the database's clock. Returns how many."""
    with db.begin() as connection:
        now: datetime = connection.execute(select(func.now())).scalar_one()
        return sum(_fire(connection, each, slot(each.every, now)) for each in schedule)


def _fire(connection: Connection, each: Scheduled, run_at: datetime) -> bool:
    name = each.kind.name
    fresh = took_effect(connection, insert(schedule_run).values(name=name, run_at=run_at).on_conflict_do_nothing())
    if fresh:
        ref = run_at.isoformat()
        ledger.record(connection, each.kind, ref, trace=f"schedule:{name}:{ref}")
        _forget_earlier(connection, name, run_at - KEPT_RUNS * each.every)
    return fresh


def _forget_earlier(connection: Connection, name: str, before: datetime) -> None:
    """Delete the runs of long ago with their tasks, so that a schedule has as many rows after a year as after an hour.

    A task that is not done stays: it waits for a worker, or is parked for an operator.
    """
    mine = (schedule_run.c.name == name, schedule_run.c.run_at < before)
    oldest = select(schedule_run.c.run_at).where(*mine).order_by(schedule_run.c.run_at).limit(_AT_ONCE)
    gone = connection.execute(
        delete(schedule_run)
        .where(schedule_run.c.name == name, schedule_run.c.run_at.in_(oldest))
        .returning(schedule_run.c.run_at)
    )
    keys = [f"{name}:{run_at.isoformat()}" for run_at in gone.scalars()]
    if keys:
        connection.execute(delete(task).where(task.c.dedup_key.in_(keys), task.c.state == TaskState.DONE))
