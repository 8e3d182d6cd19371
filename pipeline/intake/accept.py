"""The one use case behind all three doors: accept a submission, once."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final
from uuid import UUID

import structlog
from sqlalchemy import Connection, insert, select, update

from pipeline.events import outbound as events
from pipeline.intake.records import (
    Command,
    Door,
    business_email_row,
    first_state,
    material_rows,
    submission_row,
    tax_number_row,
)
from pipeline.intake.rules import lowest_free, verification_problems
from pipeline.kernel.database import Database, one_at_a_time
from pipeline.kernel.errors import AttemptsExhausted, Invalid, Problem, StageAlreadyUnlocked
from pipeline.kernel.idempotency import Once, earlier_answer, remember
from pipeline.kernel.ids import new_id
from pipeline.kernel.rules.working_days import Due
from pipeline.policy import Policy
from pipeline.submission import audit, lifecycle
from pipeline.submission.chances import chances_taken
from pipeline.submission.due import due_of
from pipeline.submission.evidence.tables import business_email, tax_number
from pipeline.submission.lifecycle import OPEN, State, Transition
from pipeline.submission.tables import material, submission
from pipeline.tasks import ledger
from pipeline.tasks.rules import INSPECT, JUDGE_NUMBER, SEND_CODE, Kind
from schemas.events import EventType, SubmissionMoved
from schemas.submissions import (
    Accepted,
    AvatarSubmission,
    BusinessEmailSubmission,
    DueView,
    TaxNumberSubmission,
    VerificationSubmission,
)

log = structlog.get_logger()

FIRST_STEPS: Final[Mapping[type[AvatarSubmission | VerificationSubmission], Kind]] = {
    TaxNumberSubmission: JUDGE_NUMBER,
    BusinessEmailSubmission: SEND_CODE,
}
"""What happens first to a submission without files; files are inspected."""

IsUnlocked = Callable[[Connection, str, str], bool]

TakesMail = Callable[[str], bool]
"""Whether the domain of an address takes mail, as far as the settings let us ask."""


def accept(
    command: Command,
    *,
    door: Door,
    now: datetime,
    db: Database,
    policy: Policy,
    is_unlocked: IsUnlocked,
    takes_mail: TakesMail = lambda _: True,
    request: Once | None = None,
) -> Accepted:
    """Accept a submission: once this returns it is committed and will reach its end.

    Raises Invalid (with every problem), IdempotencyKeyReused, StageAlreadyUnlocked, AttemptsExhausted, DatabaseUnavailable.
    """
    if isinstance(command, VerificationSubmission) and (problems := verification_problems(command, policy)):
        raise Invalid(problems)
    if isinstance(command, BusinessEmailSubmission) and not takes_mail(command.business_email):
        message = "The address's domain takes no mail. Check its spelling."
        raise Invalid([Problem("business_email", "undeliverable_domain", message)])
    due = due_of(command, now, policy)
    with db.begin() as connection:
        if (earlier := earlier_answer(connection, request)) is not None:
            return Accepted.model_validate(earlier)
        one_at_a_time(connection, f"member:{command.member_id}")  # so that counting chances and superseding cannot race
        answer = _record(connection, command, door=door, now=now, due=due, policy=policy, is_unlocked=is_unlocked)
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


def _record(
    connection: Connection,
    command: Command,
    *,
    door: Door,
    now: datetime,
    due: Due,
    policy: Policy,
    is_unlocked: IsUnlocked,
) -> Accepted:
    submission_id = new_id()
    chance: int | None = None
    left: int | None = None
    superseded: tuple[UUID, ...] = ()
    if isinstance(command, AvatarSubmission):
        superseded = _supersede_open_avatars(connection, command.member_id, by=submission_id)
    else:
        chance, left = _take_chance(connection, command, policy, is_unlocked)
    connection.execute(
        insert(submission),
        submission_row(
            submission_id, command, door=door, now=now, due=due, policy_version=policy.version, chance=chance
        ),
    )
    _keep_evidence(connection, submission_id, command, now=now, policy=policy)
    trace = door.correlation_id
    detail = {"door": door.name, "kind": command.kind, "chance": chance, "due": due.rule, "policy": policy.version}
    audit.write(
        connection,
        "submission.accepted",
        actor=door.caller,
        submission_id=submission_id,
        correlation_id=trace,
        detail=detail,
        move=(None, first_state(command), 1),
    )
    _tell(connection, submission_id, command, trace=trace)
    ledger.record(connection, FIRST_STEPS.get(type(command), INSPECT), submission_id, trace=trace)
    return Accepted(
        id=submission_id,
        kind=command.kind,
        state=first_state(command),
        member_id=command.member_id,
        accepted_at=now,
        due=DueView(
            promise_at=due.promise_at, target_at=due.target_at, why=str(due.rule["sentence"]), rule=dict(due.rule)
        ),
        chance=chance,
        chances_left=left,
        superseded=superseded,
        correlation_id=trace,
    )


def _tell(connection: Connection, submission_id: UUID, command: Command, *, trace: str) -> None:
    asked = command if isinstance(command, VerificationSubmission) else None
    received = SubmissionMoved(
        submission_id=submission_id,
        member_id=command.member_id,
        kind=command.kind,
        method=asked.method if asked else None,
        stage=asked.stage if asked else None,
        identity=asked.identity if asked else None,
        state=first_state(command),
        version=1,
        correlation_id=trace,
    )
    events.emit(connection, EventType.SUBMISSION_RECEIVED, received, member_id=command.member_id, trace=trace)


def _keep_evidence(
    connection: Connection, submission_id: UUID, command: Command, *, now: datetime, policy: Policy
) -> None:
    if rows := material_rows(submission_id, command):
        connection.execute(insert(material), rows)
    if isinstance(command, TaxNumberSubmission):
        connection.execute(insert(tax_number), tax_number_row(submission_id, command))
    if isinstance(command, BusinessEmailSubmission):
        row = business_email_row(submission_id, command, now=now, rules=policy.business_email)
        connection.execute(insert(business_email), row)


def _supersede_open_avatars(connection: Connection, member_id: str, *, by: UUID) -> tuple[UUID, ...]:
    avatars = (submission.c.member_id == member_id, submission.c.kind == "avatar")
    open_ones = connection.execute(
        select(submission.c.id)
        .where(*avatars, submission.c.state.in_(OPEN))
        .with_for_update()  # one that is decided or withdrawn at this moment is waited for, and is open no more
    ).scalars()
    older = tuple(open_ones)
    for submission_id in older:
        lifecycle.transition(connection, submission_id, Transition.SUPERSEDED, actor="system", detail={"by": str(by)})
        connection.execute(update(submission).where(submission.c.id == submission_id).values(superseded_by=by))
    return older


def _take_chance(
    connection: Connection, command: VerificationSubmission, policy: Policy, is_unlocked: IsUnlocked
) -> tuple[int, int]:
    """The chance that this submission takes and how many are left after it (DOMAIN §7.3)."""
    if is_unlocked(connection, command.member_id, command.stage):
        raise StageAlreadyUnlocked(f"The member has the stage {command.stage!r} already; there is nothing to verify.")
    taken = chances_taken(connection, member_id=command.member_id, method=command.method, stage=command.stage)
    limit = policy.attempts.per_method
    chance = lowest_free(taken, limit)
    if chance is None:
        raise AttemptsExhausted(
            f"All {limit} chances for {command.stage!r} by {command.method} are used. Choose another method.",
            used=len(taken),
            limit=limit,
        )
    return chance, limit - len(taken) - 1


def withdraw(submission_id: UUID, *, caller: str, db: Database) -> State:
    """The member takes an open submission back; its chance with it. Raises NotFound, AlreadyThere, NotAllowed."""
    with db.begin() as connection:
        state = lifecycle.transition(connection, submission_id, Transition.WITHDRAWN, actor=caller)
    log.info("submission.withdrawn", submission_id=str(submission_id))
    return state
