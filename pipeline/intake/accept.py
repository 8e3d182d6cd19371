from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import Connection, insert, select, update

from pipeline.events import outbound as events
from pipeline.intake import slots
from pipeline.intake.records import Command, Door, file_rows, keys_of, submission_row
from pipeline.intake.rules import lowest_free, verification_problems
from pipeline.intake.sender import settled
from pipeline.kernel.database import Database, one_at_a_time
from pipeline.kernel.errors import AttemptsExhausted, Invalid, StageAlreadyUnlocked
from pipeline.kernel.idempotency import Once, earlier_answer, remember
from pipeline.kernel.ids import new_id
from pipeline.kernel.rules.working_days import Due
from pipeline.ownership.owners import adopt
from pipeline.ownership.rules import is_test
from pipeline.ownership.tables import Owned
from pipeline.policy import Policy
from pipeline.submission import audit, lifecycle
from pipeline.submission.accepted_policy import PolicyKeeper
from pipeline.submission.chances import chances_of, chances_taken
from pipeline.submission.due import due_of
from pipeline.submission.evidence.method import EvidenceMethod
from pipeline.submission.lifecycle import OPEN, State, Transition
from pipeline.submission.presence import refuse_erased
from pipeline.submission.profile import filled, profile_problems
from pipeline.submission.tables import material, submission
from pipeline.submission.test_mode.rules import wish_problems
from pipeline.tasks import ledger
from pipeline.tasks.rules import INSPECT
from schemas.events import EventType, SubmissionMoved
from schemas.submissions import Accepted, AvatarSubmission, DueView, VerificationSubmission

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class IntakeContext:
    """The clients of intake, and what it asks of other stages.

    `is_unlocked(connection, member_id, stage)` tells whether the member has the stage. `methods` are the methods of verification
    whose evidence is no file, by name. `profile_of(connection, member_id)` is what the account says of the member. `keep_policy()` keeps the text of the policy, by which a submission is decided later on.
    """

    db: Database
    policy: Policy
    is_unlocked: Callable[[Connection, str, str], bool]
    methods: Mapping[str, EvidenceMethod]
    profile_of: Callable[[Connection, str], Mapping[str, Any]]
    keep_policy: PolicyKeeper = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "keep_policy", PolicyKeeper(self.policy, self.db))

    def method_of(self, command: Command) -> EvidenceMethod | None:
        """The submission's method; None where its evidence is files."""
        return self.methods.get(command.method) if isinstance(command, VerificationSubmission) else None


def accept(
    command: Command, *, door: Door, now: datetime, context: IntakeContext, request: Once | None = None
) -> Accepted:
    """Accept a submission: once this returns it is committed and will reach its end.

    Raises Invalid (with every problem), IdempotencyKeyReused, StageAlreadyUnlocked, AttemptsExhausted, MemberErased,
    DatabaseUnavailable.
    """
    _require_sound(command, context, test=is_test(door.service))
    due = due_of(command, now, context.policy)
    context.keep_policy()
    with context.db.begin() as connection:
        one_at_a_time(connection, f"member:{command.member_id}")  # so that counting chances and superseding cannot race
        door, request = settled(connection, command.member_id, door, request)
        if (earlier := earlier_answer(connection, request)) is not None:
            return Accepted.model_validate(earlier)
        refuse_erased(connection, command.member_id)
        answer = _record(connection, command, door=door, now=now, due=due, context=context)
        remember(connection, request, answer.model_dump(mode="json"))
    log.info(
        "submission.accepted",
        submission_id=str(answer.id),
        kind=command.kind,
        door=door.name,
        correlation_id=door.correlation_id,
        chance=answer.chance,
    )
    return answer


def withdraw(submission_id: UUID, *, caller: str, db: Database) -> State:
    """Withdraw an open submission; its chance is given back. Raises NotFound, AlreadyThere, NotAllowed."""
    with db.begin() as connection:
        state = lifecycle.transition(connection, submission_id, Transition.WITHDRAWN, actor=caller)
    log.info("submission.withdrawn", submission_id=str(submission_id))
    return state


def _require_sound(command: Command, context: IntakeContext, *, test: bool) -> None:
    """Check a submission; the network is asked only about a live one without other problems. Raises Invalid with every problem."""
    method = context.method_of(command)
    found = [*profile_problems(command.member, context.policy)]
    if isinstance(command, VerificationSubmission):
        found += verification_problems(command, context.policy)
    if method is not None:
        found += method.problems(command, context.policy)
    if test:
        found += wish_problems(command.member.name, kind=command.kind, policy=context.policy)
    if method is not None and not found and not test:
        found += method.network_problems(command)
    if found:
        raise Invalid(found)


def _record(
    connection: Connection, command: Command, *, door: Door, now: datetime, due: Due, context: IntakeContext
) -> Accepted:
    """Write the submission with its evidence, audit row, event and first task."""
    policy, method = context.policy, context.method_of(command)
    profile = filled(command.member, context.profile_of(connection, command.member_id))
    command = command.model_copy(update={"member": profile})
    slot_types = slots.use(connection, keys_of(command), now=now)
    submission_id, trace = new_id(), door.correlation_id
    state = method.first_state if method else State.RECEIVED
    chance: int | None = None
    chances: dict[str, int] = {}
    superseded: tuple[UUID, ...] = ()
    if isinstance(command, AvatarSubmission):
        superseded = _supersede_open_avatars(connection, command.member_id, by=submission_id)
    else:
        chance, chances = _take_chance(connection, command, context)
    row = submission_row(
        submission_id,
        command,
        state=state,
        door=door,
        now=now,
        due=due,
        policy_version=policy.version,
        chance=chance,
    )
    adopt(connection, Owned.MEMBER, command.member_id, service=door.sends_as)
    connection.execute(insert(submission), row)
    if files := file_rows(submission_id, command, slot_types=slot_types):
        connection.execute(insert(material), files)
    if method is not None:
        method.keep(connection, submission_id, command, now, policy)
    audit.write(
        connection,
        "submission.accepted",
        actor=door.caller,
        submission_id=submission_id,
        correlation_id=trace,
        detail={"door": door.name, "kind": command.kind, "chance": chance, "due": due.rule, "policy": policy.version},
        move=(None, state, 1),
    )
    _emit(connection, submission_id, command, state, door=door)
    ledger.record(connection, method.first_task if method else INSPECT, submission_id, trace=trace)
    return Accepted(
        id=submission_id,
        kind=command.kind,
        state=state,
        member_id=command.member_id,
        accepted_at=now,
        due=DueView(
            promise_at=due.promise_at, target_at=due.target_at, why=str(due.rule["sentence"]), rule=dict(due.rule)
        ),
        chance=chance,
        **chances,
        superseded=superseded,
        correlation_id=trace,
    )


def _emit(connection: Connection, submission_id: UUID, command: Command, state: State, *, door: Door) -> None:
    asked = command if isinstance(command, VerificationSubmission) else None
    received = SubmissionMoved(
        submission_id=submission_id,
        member_id=command.member_id,
        kind=command.kind,
        method=asked.method if asked else None,
        stage=asked.stage if asked else None,
        identity=asked.identity if asked else None,
        state=state,
        version=1,
        correlation_id=door.correlation_id,
    )
    events.emit(
        connection,
        EventType.SUBMISSION_RECEIVED,
        received,
        member_id=command.member_id,
        trace=door.correlation_id,
        service=door.sends_as,
    )


def _supersede_open_avatars(connection: Connection, member_id: str, *, by: UUID) -> tuple[UUID, ...]:
    avatars = (submission.c.member_id == member_id, submission.c.kind == "avatar")
    open_ones = connection.execute(
        select(submission.c.id)
        .where(*avatars, submission.c.state.in_(OPEN))
        .with_for_update()  # one that is being decided or withdrawn is waited for, and then no longer open
    ).scalars()
    older = tuple(open_ones)
    for submission_id in older:
        lifecycle.transition(connection, submission_id, Transition.SUPERSEDED, actor="system", detail={"by": str(by)})
        connection.execute(update(submission).where(submission.c.id == submission_id).values(superseded_by=by))
    return older


def _take_chance(
    connection: Connection, command: VerificationSubmission, context: IntakeContext
) -> tuple[int, dict[str, int]]:
    """The chance that this submission takes; and how many are spent, pending and left with it (DOMAIN §7.3)."""
    if context.is_unlocked(connection, command.member_id, command.stage):
        raise StageAlreadyUnlocked(f"The member has the stage {command.stage!r} already; there is nothing to verify.")
    method: dict[str, Any] = {"member_id": command.member_id, "method": command.method, "stage": command.stage}
    taken, limit = chances_of(connection, **method), context.policy.attempts.per_method
    chance = lowest_free(chances_taken(connection, **method), limit)
    if chance is None:
        waiting = f" {taken.pending} of them are held by what is under review." if taken.pending else ""
        raise AttemptsExhausted(
            f"All {limit} chances for {command.stage!r} by {command.method} are taken.{waiting} Choose another method.",
            spent=taken.spent,
            pending=taken.pending,
            limit=limit,
        )
    left = limit - taken.all - 1
    return chance, {"chances_left": left, "chances_spent": taken.spent, "chances_pending": taken.pending + 1}
