"""The states of a submission, the one table of its transitions (DESIGN §5), and the one place that makes them."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection, Row, bindparam, func, select, update

from pipeline.events.outbound import emit
from pipeline.kernel.errors import AlreadyThere, NotAllowed, NotFound, Stale
from pipeline.submission import audit
from pipeline.submission.tables import submission
from pipeline.tasks import ledger
from pipeline.tasks.rules import DECIDE_TEST
from schemas.events import EventType, SubmissionMoved


class State(StrEnum):
    """The state of a submission."""

    RECEIVED = "received"
    IN_REVIEW = "in_review"
    AWAITING_CODE = "awaiting_code"
    REFUSED = "refused"
    APPROVED = "approved"
    REJECTED = "rejected"
    EXPIRED = "expired"
    SUPERSEDED = "superseded"
    WITHDRAWN = "withdrawn"


class Queue(StrEnum):
    """Where a case waits: first looks by kind, second looks of another person, and what a senior decides."""

    AVATAR = "avatar"
    VERIFICATION = "verification"
    SECOND = "second"
    SENIOR = "senior"


TEST_QUEUE: Final = "test"
"""Where what a test key sent waits. It is none of the queues of reviewers: a task decides it."""


def first_queue(kind: str, *, test: bool = False) -> str:
    """Where a submission of this kind waits when inspection has cleared it."""
    if test:
        return TEST_QUEUE
    return Queue.AVATAR if kind == "avatar" else Queue.VERIFICATION


class Transition(StrEnum):
    """What changes the state of a submission."""

    CLEARED = "cleared"
    REFUSED = "refused"
    APPROVED = "approved"
    REJECTED = "rejected"
    SENT_BACK = "sent_back"
    PASSED_ON = "passed_on"
    REOPENED = "reopened"
    SUPERSEDED = "superseded"
    SUPERSEDED_BY_UNLOCK = "superseded_by_unlock"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    ERASED = "erased"


EDGES: Final[Mapping[tuple[State, Transition], State]] = {
    (State.RECEIVED, Transition.CLEARED): State.IN_REVIEW,
    (State.RECEIVED, Transition.REFUSED): State.REFUSED,
    (State.RECEIVED, Transition.APPROVED): State.APPROVED,
    (State.RECEIVED, Transition.REJECTED): State.REJECTED,
    (State.RECEIVED, Transition.SUPERSEDED): State.SUPERSEDED,
    (State.RECEIVED, Transition.WITHDRAWN): State.WITHDRAWN,
    (State.IN_REVIEW, Transition.APPROVED): State.APPROVED,
    (State.IN_REVIEW, Transition.REJECTED): State.REJECTED,
    (State.IN_REVIEW, Transition.SENT_BACK): State.REFUSED,
    (State.IN_REVIEW, Transition.PASSED_ON): State.IN_REVIEW,
    (State.IN_REVIEW, Transition.SUPERSEDED): State.SUPERSEDED,
    (State.IN_REVIEW, Transition.WITHDRAWN): State.WITHDRAWN,
    (State.APPROVED, Transition.REOPENED): State.IN_REVIEW,
    (State.REJECTED, Transition.REOPENED): State.IN_REVIEW,
    (State.REFUSED, Transition.REOPENED): State.IN_REVIEW,
    (State.AWAITING_CODE, Transition.APPROVED): State.APPROVED,
    (State.AWAITING_CODE, Transition.REJECTED): State.REJECTED,
    (State.AWAITING_CODE, Transition.EXPIRED): State.EXPIRED,
    (State.RECEIVED, Transition.SUPERSEDED_BY_UNLOCK): State.SUPERSEDED,
    (State.IN_REVIEW, Transition.SUPERSEDED_BY_UNLOCK): State.SUPERSEDED,
    (State.AWAITING_CODE, Transition.SUPERSEDED_BY_UNLOCK): State.SUPERSEDED,
    (State.RECEIVED, Transition.ERASED): State.WITHDRAWN,
    (State.IN_REVIEW, Transition.ERASED): State.WITHDRAWN,
    (State.AWAITING_CODE, Transition.ERASED): State.WITHDRAWN,
}

OPEN: Final = frozenset({State.RECEIVED, State.IN_REVIEW, State.AWAITING_CODE})
GIVES_CHANCE_BACK: Final = frozenset({State.REFUSED, State.SUPERSEDED, State.WITHDRAWN})
"""A chance is held while its submission is open and spent once it was judged; these give it back (DOMAIN §7.3)."""

EMITTED_AS: Final[Mapping[Transition, EventType]] = {
    Transition.CLEARED: EventType.SUBMISSION_IN_REVIEW,
    Transition.REFUSED: EventType.SUBMISSION_REFUSED,
    Transition.SENT_BACK: EventType.SUBMISSION_REFUSED,
    Transition.APPROVED: EventType.SUBMISSION_APPROVED,
    Transition.REJECTED: EventType.SUBMISSION_REJECTED,
    Transition.SUPERSEDED: EventType.SUBMISSION_SUPERSEDED,
    Transition.SUPERSEDED_BY_UNLOCK: EventType.SUBMISSION_SUPERSEDED,
    Transition.WITHDRAWN: EventType.SUBMISSION_WITHDRAWN,
    Transition.EXPIRED: EventType.SUBMISSION_EXPIRED,
}
"""The event that a transition emits. An undone decision was never emitted, so its reopening is not emitted either; nor is it when a
case changes hands while it is in review. Of an erased member services are told once, by `member.erased`."""


@dataclass(frozen=True, slots=True)
class Emission:
    """How a transition is emitted: with which reasons, and after a delay in which its cause can retract it."""

    cause_id: UUID | None = None
    delay_seconds: float = 0
    reasons: tuple[str, ...] = ()


_RESULT: Final[Mapping[Transition, State]] = {change: state for (_, change), state in EDGES.items()}


def advance(state: State, change: Transition) -> State:
    """The state after `change`. Raises AlreadyThere, or NotAllowed if the table has no such edge."""
    following = EDGES.get((state, change))
    if following is not None:
        return following
    if _RESULT[change] is state:
        raise AlreadyThere(f"The submission is {state} already.")
    raise NotAllowed(f"A submission that is {state} cannot be {change}.")


_LOCKED: Final = select(submission).where(submission.c.id == bindparam("moved_id")).with_for_update()
_MOVE: Final = (
    update(submission)
    .where(
        submission.c.id == bindparam("moved_id"),
        submission.c.state == bindparam("before"),
        submission.c.version == bindparam("at_version"),
    )
    .values(state=bindparam("after"), version=bindparam("next_version"), queue=bindparam("waits_in"))
)
_STAY_OPEN: Final = _MOVE.values(closed_at=None)
_CLOSE: Final = _MOVE.values(closed_at=func.now())


def transition(
    connection: Connection,
    submission_id: UUID,
    change: Transition,
    *,
    actor: str,
    version: int | None = None,
    detail: Mapping[str, object] | None = None,
    emission: Emission = Emission(),
    queue: Queue | None = None,
) -> State:
    """Make a transition: compare-and-set on (state, version), one audit row and one event, in the caller's transaction.

    A test submission that comes into review gets the task that decides it. `version` is what the caller looked at; None starts from the present one. In `queue` it waits from then on. Raises NotFound,
    AlreadyThere, NotAllowed, or Stale where somebody else was first.
    """
    row = connection.execute(_LOCKED, {"moved_id": submission_id}).one_or_none()
    if row is None:
        raise NotFound(f"There is no submission {submission_id}.")
    before = State(row.state)
    after = advance(before, change)
    if version is not None and version != row.version:
        raise Stale(f"The submission is at version {row.version}; you looked at version {version}. Load it again.")
    looked_at = {"moved_id": submission_id, "before": before, "at_version": row.version}
    changed = connection.execute(
        _STAY_OPEN if after in OPEN else _CLOSE,
        {**looked_at, "after": after, "next_version": row.version + 1, "waits_in": queue or row.queue},
    )
    if changed.rowcount != 1:
        raise Stale("The submission changed at the same moment. Load it again.")
    audit.write(
        connection,
        f"submission.{change}",
        actor=actor,
        submission_id=submission_id,
        correlation_id=row.correlation_id,
        detail=detail,
        move=(before, after, row.version + 1),
    )
    if after is State.IN_REVIEW and row.queue == TEST_QUEUE:
        ledger.record(connection, DECIDE_TEST, submission_id, trace=row.correlation_id)
    if change in EMITTED_AS:
        _emit(connection, row, EMITTED_AS[change], after, emission)
    return after


def _emit(connection: Connection, row: Row[Any], event_type: EventType, state: State, emission: Emission) -> None:
    moved = SubmissionMoved(
        submission_id=row.id,
        member_id=row.member_id,
        kind=row.kind,
        method=row.method,
        stage=row.stage,
        identity=row.identity,
        state=state,
        version=row.version + 1,
        reasons=emission.reasons,
        correlation_id=row.correlation_id,
    )
    emit(
        connection,
        event_type,
        moved,
        member_id=row.member_id,
        trace=row.correlation_id,
        cause_id=emission.cause_id,
        delay_seconds=emission.delay_seconds,
        service=row.service,
    )
