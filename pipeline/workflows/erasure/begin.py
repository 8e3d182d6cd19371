from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

import structlog
from sqlalchemy import Connection, Row, func, insert, select, update

from pipeline.avatar.tables import avatar
from pipeline.intake.uploads import upload_slot
from pipeline.kernel.database import Database, one_at_a_time
from pipeline.kernel.errors import StorageUnavailable
from pipeline.kernel.ids import new_id
from pipeline.kernel.rules.digests import member_digest
from pipeline.kernel.storage import Storage
from pipeline.policy import Policy
from pipeline.review.claims.grant import audit_claim
from pipeline.review.tables import claim
from pipeline.submission import audit, lifecycle
from pipeline.submission.lifecycle import OPEN, Transition
from pipeline.submission.presence import erasure, held, lock_name, open_erasure
from pipeline.submission.tables import material, submission
from pipeline.tasks import ledger
from pipeline.tasks.rules import ERASE_MEMBER, REMOVE_AVATAR, TaskState
from pipeline.tasks.tables import task
from pipeline.workflows.erasure.objects import note_objects
from pipeline.workflows.erasure.scrub import counted, scrub
from pipeline.workflows.erasure.subject import Subject

log = structlog.get_logger()

HIDDEN: Final = "hidden"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Who asks for an erasure, and the id that joins its log lines."""

    actor: str
    trace: str


def erase(member_id: str, *, asked: Asked, db: Database, storage: Storage, policy: Policy) -> UUID:
    """Hide a member at once and begin to erase them; the erasure's id. A repeated request finds the erasure that is under way.

    In one transaction: open submissions are withdrawn, sessions and claims end, the public avatar is taken down, tasks end (a worker that
    is busy with one can record nothing any more), and every row on a page goes or loses its member.
    """
    with db.begin() as connection:
        one_at_a_time(connection, lock_name(member_id))
        one_at_a_time(connection, f"member:{member_id}")
        known = open_erasure(connection, member_id)
        if known is not None:
            erasure_id: UUID = known.id
            return erasure_id
        subject = Subject(member_id, new_id())
        _lock_tasks(connection, subject)
        _record(connection, subject, asked, policy)
        _withdraw_open(connection, subject, asked)
        _end_claims(connection, subject)
        note_objects(connection, subject)
        shown = _take_down(connection, subject)
        counts = scrub(connection, subject, keep=held(connection, member_id), slow=False)
        counted(connection, subject, counts)
        _go_on(connection, subject, asked, shown)
    _unpublish(shown, storage)
    log.info("member.hidden", erasure_id=str(subject.erasure_id))
    return subject.erasure_id


def record_next(connection: Connection, erasure_id: UUID, *, trace: str, delay_seconds: float = 0) -> None:
    """Record the task that goes on with an erasure."""
    key = f"{ERASE_MEMBER.name}:{erasure_id}:{new_id()}"
    ledger.record(connection, ERASE_MEMBER, erasure_id, trace=trace, dedup_key=key, delay_seconds=delay_seconds)


def _lock_tasks(connection: Connection, subject: Subject) -> None:
    """Lock the member's tasks before their submissions, as workers do: so whoever finishes a task meanwhile is waited for, or finds it gone."""
    mine = select(task.c.id).where(task.c.ref_id.in_(subject.task_refs))
    connection.execute(mine.order_by(task.c.id).with_for_update())


def _record(connection: Connection, subject: Subject, asked: Asked, policy: Policy) -> None:
    row = {
        "id": subject.erasure_id,
        "member_id": subject.member_id,
        "member_digest": member_digest(subject.member_id),
        "asked_by": asked.actor,
        "deadline_at": func.now() + timedelta(days=policy.erasure.deadline_days),
        "quiet_at": _quiet_at(connection, subject),
        "steps": func.jsonb_build_object(HIDDEN, func.now()),
    }
    connection.execute(insert(erasure).values(row))
    detail = {"member": member_digest(subject.member_id), "erasure_id": str(subject.erasure_id)}
    audit.write(connection, "member.hidden", actor=asked.actor, correlation_id=asked.trace, detail=detail)


def _quiet_at(connection: Connection, subject: Subject) -> Any:
    """When the last lease of a worker on a task of the member has run out, and the last link by which they may upload."""
    leases = select(func.max(task.c.lease_until)).where(
        task.c.ref_id.in_(subject.task_refs), task.c.state == TaskState.RUNNING
    )
    named = select(func.coalesce(material.c.given_key, material.c.upload_key)).where(
        material.c.submission_id.in_(subject.submissions)
    )
    links = select(func.max(upload_slot.c.expires_at)).where(
        (upload_slot.c.owner == subject.speaker) | upload_slot.c.key.in_(named)
    )
    ends = [connection.execute(each).scalar_one() for each in (leases, links)]
    return func.greatest(func.now(), *(each for each in ends if each is not None))


def _withdraw_open(connection: Connection, subject: Subject, asked: Asked) -> None:
    still_open = subject.submissions.where(submission.c.state.in_(OPEN)).order_by(submission.c.id)
    for submission_id in connection.execute(still_open.with_for_update()).scalars().all():
        detail = {"erasure_id": str(subject.erasure_id)}
        lifecycle.transition(connection, submission_id, Transition.ERASED, actor=asked.actor, detail=detail)


def _end_claims(connection: Connection, subject: Subject) -> None:
    """Nobody keeps a case of the member open, a blind look included."""
    live = (claim.c.submission_id.in_(subject.submissions), claim.c.state == "live")
    ended = update(claim).where(*live).values(state="released", ended_at=func.now()).returning(claim)
    for row in connection.execute(ended).all():
        audit_claim(connection, row, "claim.released")


def _take_down(connection: Connection, subject: Subject) -> Row[Any] | None:
    """The member's public avatar, for which `erase` records a task once the member's other tasks have ended."""
    mine = subject.owns(avatar.c.member_id)
    return connection.execute(select(avatar).where(mine)).one_or_none()


def _unpublish(shown: Row[Any] | None, storage: Storage) -> None:
    """Delete the public pictures at once, where the store answers; a task does it in any case."""
    with suppress(StorageUnavailable):
        for key in (shown.large_key, shown.small_key) if shown else ():
            storage.delete(storage.public, key)


def _go_on(connection: Connection, subject: Subject, asked: Asked, shown: Row[Any] | None) -> None:
    if shown is not None:
        were_shown = {"keys": [shown.large_key, shown.small_key]}
        ledger.record(connection, REMOVE_AVATAR, shown.submission_id, trace=asked.trace, payload=were_shown)
    record_next(connection, subject.erasure_id, trace=asked.trace)
