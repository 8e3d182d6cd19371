"""The ledger of tasks (DESIGN §4): record, claim, renew, finish, fail, park. The row is the outbox; the broker only carries hints."""

import random
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import Any, Final
from uuid import UUID

import structlog
from sqlalchemy import ColumnElement, Connection, Interval, Update, Uuid, bindparam, case, exists, func, literal, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.sql.dml import ReturningUpdate

from pipeline.kernel.database import Database, after_commit, storable
from pipeline.kernel.errors import LeaseLost, PermanentError, RetryableError
from pipeline.kernel.ids import new_id
from pipeline.tasks.rules import KINDS, Kind, TaskState, backoff, pause
from pipeline.tasks.tables import task

log = structlog.get_logger()

_LAST_ERROR_LENGTH: Final = 2000


def _held(task_id: Any, token: Any) -> tuple[ColumnElement[bool], ...]:
    return task.c.id == task_id, task.c.state == TaskState.RUNNING, task.c.token == token


_NEW: Final = insert(task).on_conflict_do_nothing(index_elements=["dedup_key"]).returning(task.c.id)
_RECORD: Final = _NEW.values(due_at=func.now(), hinted_at=func.now())
_RECORD_FOR_LATER: Final = _NEW.values(due_at=func.now() + bindparam("delay", type_=Interval))
_FINISH: Final = (
    update(task)
    .where(*_held(bindparam("held_id"), bindparam("held_token")))
    .values(state=TaskState.DONE, lease_until=None, process_id=None, ended_at=func.now(), last_error=None)
)
"""Statements that run most often are made once: making one takes longer than running it."""


@dataclass(frozen=True, slots=True)
class Task:
    """A task that this worker holds. `token` grows with every claim; objects are written under keys that carry it."""

    id: UUID
    kind: Kind
    ref_id: str
    token: int
    tries: int
    waits: int
    trace: str
    payload: Mapping[str, Any] | None


def record(
    connection: Connection,
    kind: Kind,
    ref_id: object,
    *,
    trace: str,
    delay_seconds: float = 0,
    dedup_key: str | None = None,
    payload: Mapping[str, Any] | None = None,
) -> UUID | None:
    """Record work in the transaction that makes it necessary; it is hinted once that has committed.

    One task for each `dedup_key` (default: kind and ref): a second record is a no-op and gives None.
    """
    row = {
        "id": new_id(),
        "kind": kind.name,
        "ref_id": str(ref_id),
        "dedup_key": dedup_key or f"{kind.name}:{ref_id}",
        "trace": trace,
        "payload": dict(payload) if payload is not None else None,
    }
    later = {"delay": timedelta(seconds=delay_seconds)} if delay_seconds else {}
    made = connection.execute(_RECORD_FOR_LATER if later else _RECORD, {**row, **later})
    task_id: UUID | None = made.scalar_one_or_none()
    if task_id is not None and not delay_seconds:
        after_commit(connection, kind=kind.name, task_id=str(task_id))
    return task_id


def finish(connection: Connection, mine: Task) -> None:
    """End the task in the transaction that carries its effects. Raises LeaseLost (roll back) when somebody else has it now."""
    ended = connection.execute(_FINISH, {"held_id": mine.id, "held_token": mine.token})
    if ended.rowcount != 1:
        raise LeaseLost(f"Task {mine.id} is no longer held with token {mine.token}.")


def renew(db: Database, mine: Task) -> None:
    """Begin the lease anew, before the next step of work in steps. Raises LeaseLost when somebody else has the task now."""
    lease = func.now() + timedelta(seconds=mine.kind.lease_seconds)
    with db.begin() as connection:
        renewed = connection.execute(update(task).where(*_held(mine.id, mine.token)).values(lease_until=lease))
    if renewed.rowcount != 1:
        raise LeaseLost(f"Task {mine.id} is no longer held with token {mine.token}.")


def is_held(mine: Task) -> ColumnElement[bool]:
    """A condition for statements of this worker between claim and finish: the task is still held with this token."""
    return exists().where(*_held(mine.id, mine.token))


@cache
def _claim(kind: Kind) -> ReturningUpdate[Any]:
    """The statement of `Ledger.claim` for a kind."""
    exhausted = task.c.attempts >= kind.max_tries
    return (
        update(task)
        .where(
            task.c.id == bindparam("task_id"),
            task.c.kind == kind.name,
            task.c.state == TaskState.READY,
            task.c.due_at <= func.now(),
        )
        .values(
            state=case((exhausted, TaskState.PARKED.value), else_=TaskState.RUNNING.value),
            lease_until=case((exhausted, None), else_=func.now() + timedelta(seconds=kind.lease_seconds)),
            ended_at=case((exhausted, func.now()), else_=None),
            process_id=bindparam("process_id", type_=Uuid),
            token=task.c.token + 1,
            attempts=case((exhausted, task.c.attempts), else_=task.c.attempts + 1),
            last_error=case(
                (
                    exhausted,
                    func.coalesce(task.c.last_error, literal("The worker died each time that it was tried.")),
                ),
                else_=task.c.last_error,
            ),
        )
        .returning(task)
    )


class Ledger:
    """A worker's side of the ledger: claim a task, and record how the try ended."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._unrecorded: deque[Update] = deque()
        self.process_id: UUID | None = None
        """By which process tasks are claimed; None in one that gives no signs of life, whose tasks have their leases alone."""

    def claim(self, kind: Kind, task_id: str) -> Task | None:
        """Claim a due task with a lease on the database's clock; None where there is none to claim.

        One UPDATE. A task that was claimed too often (each SIGKILL counts) is parked instead, with an alert in the log.
        """
        with self._db.begin() as connection:
            row = connection.execute(
                _claim(kind), {"task_id": UUID(task_id), "process_id": self.process_id}
            ).one_or_none()
        if row is None:
            return None
        if row.state == TaskState.PARKED:
            _alert(row.id, kind, row.attempts, row.last_error)
            return None
        return Task(row.id, kind, row.ref_id, row.token, row.attempts, row.waits, row.trace, row.payload)

    @contextmanager
    def work(self, kind: Kind, task_id: str) -> Iterator[Task | None]:
        """Hold a task for the length of the block; whatever goes wrong in it is recorded, never raised to the broker.

        A PermanentError parks the task, LeaseLost drops this worker's result, anything else comes back with backoff.
        """
        mine = self.claim(kind, task_id)
        if mine is None:
            yield None
            return
        bound = structlog.contextvars.bound_contextvars(
            correlation_id=mine.trace, task_id=task_id, task=kind.name, ref_id=mine.ref_id, tries=mine.tries
        )
        with bound, self._recorded(mine):
            yield mine

    @contextmanager
    def _recorded(self, mine: Task) -> Iterator[None]:
        try:
            yield
        except LeaseLost as lost:
            log.warning("task.lease_lost", error=str(lost))
        except PermanentError as error:
            self.park(mine, error)
        except Exception as error:  # noqa: BLE001  (whatever it was, the ledger has to know)
            self.fail(mine, error)
        except BaseException as interrupt:
            self.fail(mine, interrupt)
            raise

    def fail(self, mine: Task, error: BaseException) -> None:
        """Make the task ready again after a backoff with jitter; park it after its last try.

        A dependency that is away uses up no try: however long it is away, the work waits and then goes on. A statement that PostgreSQL
        ended is no outage.
        """
        away = is_outage(error)
        if mine.tries >= mine.kind.max_tries and not away:
            self.park(mine, error)
            return
        jitter = random.random()  # noqa: S311  (spread, not secrecy)
        seconds = (
            pause(mine.kind, mine.waits + 1, jitter=jitter) if away else backoff(mine.kind, mine.tries, jitter=jitter)
        )
        due = {"due_at": func.now() + timedelta(seconds=seconds), "hinted_at": None}
        counted = {"attempts": mine.tries - 1, "waits": mine.waits + 1} if away else {}
        self._release(mine, error, state=TaskState.READY, **due, **counted)
        log.warning("task.failed", error=in_words(error), retry_in_seconds=round(seconds, 1), exc_info=error)

    def park(self, mine: Task, error: BaseException) -> None:
        """Park the task for an operator, with the error as the reason."""
        if self._release(mine, error, state=TaskState.PARKED, ended_at=func.now()):
            _alert(mine.id, mine.kind, mine.tries, in_words(error))

    def settle(self) -> int:
        """Record how tries ended while the database was away; returns how many. Raises RetryableError, then some are left.

        Without this the lease would run out, which uses up a try. A task that was given back meanwhile and has not been claimed
        since is the same try still.
        """
        settled = 0
        while self._unrecorded:
            with self._db.begin() as connection:
                settled += connection.execute(self._unrecorded[0]).rowcount
            self._unrecorded.popleft()
        return settled

    def _release(self, mine: Task, error: BaseException, **values: Any) -> bool:
        ended = update(task).values(lease_until=None, process_id=None, last_error=in_words(error), **values)
        try:
            with self._db.begin() as connection:
                return connection.execute(ended.where(*_held(mine.id, mine.token))).rowcount == 1
        except RetryableError as away:
            log.warning("task.end_unrecorded", error=in_words(away))
            same_try = (task.c.id == mine.id, task.c.token == mine.token)
            self._unrecorded.append(ended.where(*same_try, task.c.state.in_((TaskState.RUNNING, TaskState.READY))))
            return False


def kind_named(name: str) -> Kind:
    """The kind of that name. A task in the ledger always has one."""
    return KINDS[name]


def is_outage(error: BaseException) -> bool:
    """Whether something that the work needs is away, so that the try counts for nothing."""
    return isinstance(error, RetryableError) and not error.uses_tries


def in_words(error: BaseException) -> str:
    """What a task keeps of the error that ended its try: its name, by which operators find such tasks, and its message."""
    return storable(f"{type(error).__name__}: {error}")[:_LAST_ERROR_LENGTH]


def _alert(task_id: UUID, kind: Kind, tries: int, error: str | None) -> None:
    log.error("task.parked", task_id=str(task_id), task=kind.name, tries=tries, error=error)
