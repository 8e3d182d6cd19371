"""Take a member's public avatar down: its row goes at once, its objects and the copies of a CDN by a task."""

from contextlib import suppress
from typing import Final

import structlog
from sqlalchemy import Connection, delete, exists, select

from pipeline.avatar.tables import avatar
from pipeline.events import outbound as events
from pipeline.kernel.database import Database, one_at_a_time
from pipeline.kernel.errors import StorageUnavailable
from pipeline.kernel.rules.digests import member_digest
from pipeline.kernel.storage import Storage
from pipeline.submission import audit
from pipeline.submission.decisions import Decision
from pipeline.submission.presence import require_present
from pipeline.submission.tables import submission
from pipeline.tasks import ledger
from pipeline.tasks.rules import REMOVE_AVATAR
from schemas.events import AvatarRemoved, EventType

log = structlog.get_logger()

TAKEN_DOWN: Final = "avatar.taken_down"


def take_down(member_id: str, *, actor: str, trace: str, db: Database, storage: Storage) -> bool:
    """Take the avatar down. False where the member has none. A picture that they sent later is published as always."""
    with db.begin() as connection:
        require_present(connection, member_id)
        one_at_a_time(connection, f"avatar:{member_id}")
        mine = avatar.c.member_id == member_id
        row = connection.execute(delete(avatar).where(mine).returning(avatar)).one_or_none()
        if row is None:
            return False
        keys = (row.large_key, row.small_key)
        ledger.record(connection, REMOVE_AVATAR, row.submission_id, trace=trace, payload={"keys": keys})
        _emit(connection, member_id, row.submission_id, row.sequence, trace)
        detail = {"member": member_digest(member_id), "sha256": row.sha256}
        audit.write(
            connection, TAKEN_DOWN, actor=actor, submission_id=row.submission_id, correlation_id=trace, detail=detail
        )
    with suppress(StorageUnavailable):  # the task does it in any case
        for key in keys:
            storage.delete(storage.public, key)
    log.info("avatar.taken_down", submission_id=str(row.submission_id))
    return True


def later_was_taken_down(connection: Connection, result: Decision) -> bool:
    """Whether this one or a later one of the member was public and was taken down: then this one is not published any more."""
    history = audit.audit
    same = (submission.c.id == history.c.submission_id, submission.c.member_id == result.member_id)
    found = exists().where(*same, history.c.event == TAKEN_DOWN, submission.c.sequence >= result.sequence)
    return bool(connection.execute(select(found)).scalar_one())


def _emit(connection: Connection, member_id: str, submission_id: object, sequence: int, trace: str) -> None:
    removed = AvatarRemoved.model_validate(
        {"member_id": member_id, "submission_id": submission_id, "version": sequence}
    )
    service = connection.execute(
        select(submission.c.service).where(submission.c.id == submission_id)
    ).scalar_one_or_none()
    events.emit(connection, EventType.AVATAR_REMOVED, removed, member_id=member_id, trace=trace, service=service)
