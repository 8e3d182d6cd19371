import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import structlog
from sqlalchemy import Connection, Row, Select, exists, select

from pipeline.avatar.purge import Purge
from pipeline.avatar.shown import emit_published, write_shown
from pipeline.avatar.tables import avatar
from pipeline.avatar.take_down import later_was_taken_down
from pipeline.kernel.database import Database, one_at_a_time
from pipeline.kernel.errors import PermanentError
from pipeline.kernel.ids import new_id
from pipeline.kernel.storage import Storage
from pipeline.ownership.rules import is_test
from pipeline.submission import audit
from pipeline.submission.decisions import Decision, standing_decision
from pipeline.submission.deletions import PUBLIC, DeleteUnneeded
from pipeline.submission.tables import material, rendition, submission
from pipeline.tasks import ledger
from pipeline.tasks.ledger import Task
from pipeline.tasks.rules import REMOVE_AVATAR, SEND_MAIL
from schemas.members import AvatarView

log = structlog.get_logger()

ACTOR: Final = "avatar"
PUBLISHED: Final = "avatar.published"
OUTDATED: Final = "avatar.outdated"
"""Approved, but a later one was published already."""


class RenditionChanged(PermanentError):
    """The stored rendition is missing or is not the one that was approved."""

    code = "rendition_changed"


@dataclass(frozen=True, slots=True)
class Picture:
    """An approved avatar as the vault keeps it."""

    submission_id: UUID
    key: str
    media_type: str
    sha256: str


def publish(task: Task, *, db: Database, storage: Storage) -> None:
    """Put the approved renditions into the public bucket, then make them the member's avatar.

    Each try puts them under names of its own: whatever an earlier try left is nobody's, and deleting it takes nothing that is shown.

    The bytes are checked against the hash that inspection recorded, so that exactly what was approved is published. Those of a test are
    not put: nothing lies at its addresses.
    """
    decision_id = UUID(task.ref_id)
    with db.read() as connection:
        result = standing_decision(connection, decision_id)
        renditions = _renditions(connection, result.submission_id)
        is_shown = _is_shown(connection, result)
    this_try = new_id().hex
    keys = (
        {}
        if is_shown
        else {purpose: _publish_one(row, result, this_try, storage) for purpose, row in renditions.items()}
    )
    with db.begin() as connection:
        ledger.finish(connection, task)
        shown = _make_current(connection, result, keys, renditions["large"].sha256)
        ledger.record(connection, SEND_MAIL, decision_id, trace=task.trace)
    log.info("avatar.published", submission_id=str(result.submission_id), shown=shown)


def remove(
    task: Task,
    *,
    db: Database,
    storage: Storage,
    delete_unneeded: DeleteUnneeded,
    public_url: str,
    purge: Purge | None = None,
) -> None:
    """Delete the public objects of a publication, unless they are shown, and have the CDN forget those that were."""
    keys = [key for key, _ in storage.listed(storage.public, prefix=f"avatars/{task.ref_id}/")]
    if refusals := delete_unneeded(PUBLIC, keys).refused:
        raise refusals[0]
    were_shown = (task.payload or {}).get("keys", ())
    if purge is not None and were_shown:
        purge([f"{public_url}/{key}" for key in were_shown])
    with db.begin() as connection:
        ledger.finish(connection, task)
    log.info("avatar.removed", submission_id=task.ref_id)


def avatar_of(member_id: str, *, db: Database, public_url: str) -> AvatarView:
    """The member's public avatar."""
    with db.read() as connection:
        row = connection.execute(select(avatar).where(avatar.c.member_id == member_id)).one_or_none()
    return AvatarView(
        member_id=member_id,
        large_url=f"{public_url}/{row.large_key}" if row else None,
        small_url=f"{public_url}/{row.small_key}" if row else None,
        sha256=row.sha256 if row else None,
        submission_id=row.submission_id if row else None,
        published_at=row.published_at if row else None,
    )


def approved_picture(member_id: str, *, at: datetime | None, db: Database) -> Picture | None:
    """The member's avatar now, or `at` a time; None where there is none."""
    now = select(avatar.c.submission_id).where(avatar.c.member_id == member_id)
    shown = (now if at is None else _shown_at(member_id, at)).scalar_subquery()
    query = (
        select(material.c.submission_id, rendition.c.key, rendition.c.media_type, rendition.c.sha256)
        .join(material, material.c.id == rendition.c.material_id)
        .where(material.c.submission_id == shown, rendition.c.purpose == "large")
    )
    with db.read() as connection:
        row = connection.execute(query).one_or_none()
    return Picture(*row) if row else None


def _shown_at(member_id: str, at: datetime) -> Select[Any]:
    history = audit.audit
    return (
        select(submission.c.id)
        .join(history, history.c.submission_id == submission.c.id)
        .where(submission.c.member_id == member_id, history.c.event == PUBLISHED, history.c.at <= at)
        .order_by(history.c.id.desc())
        .limit(1)
    )


def _renditions(connection: Connection, submission_id: UUID) -> dict[str, Row[Any]]:
    rows = connection.execute(
        select(rendition)
        .join(material, material.c.id == rendition.c.material_id)
        .where(material.c.submission_id == submission_id)
    )
    return {row.purpose: row for row in rows}


def _is_shown(connection: Connection, result: Decision) -> bool:
    """Whether an earlier try came to its end, so that there is nothing to put."""
    shown = exists().where(avatar.c.member_id == result.member_id, avatar.c.submission_id == result.submission_id)
    return bool(connection.execute(select(shown)).scalar_one())


def _public_key(submission_id: UUID, sha256: str, this_try: str) -> str:
    """The public name of a rendition: its content's hash and the try that put it there, in a folder of its submission.

    The hash makes the name immutable. The folder separates two members with the same picture, so that replacing one avatar does not
    remove the other. The try separates what is shown from what an earlier try left.
    """
    return f"avatars/{submission_id}/{sha256}-{this_try}.jpg"


def _publish_one(row: Row[Any], result: Decision, this_try: str, storage: Storage) -> str:
    body = storage.read(storage.vault, row.key)
    if body is None or hashlib.sha256(body).hexdigest() != row.sha256:
        raise RenditionChanged(f"The vault object {row.key} is missing or is not what was approved.")
    key = _public_key(result.submission_id, row.sha256, this_try)
    if not is_test(result.member_id):
        storage.put_public(key, body, media_type=row.media_type)
    return key


def _make_current(connection: Connection, result: Decision, keys: dict[str, str], sha256: str) -> bool:
    """Make this the member's avatar unless a later one is, and record the removal of the other. True if it is shown."""
    one_at_a_time(connection, f"avatar:{result.member_id}")
    old = connection.execute(select(avatar).where(avatar.c.member_id == result.member_id)).one_or_none()
    if old is not None and old.submission_id == result.submission_id:
        return True
    shown = old is None or old.sequence < result.sequence
    shown = shown and not (old is None and later_was_taken_down(connection, result))
    if shown:
        write_shown(connection, result, keys, sha256)
        emit_published(connection, result, keys, sha256)
    removed = result.submission_id if not shown else old.submission_id if old else None
    if removed is not None:
        were_shown = {"keys": [old.large_key, old.small_key]} if old is not None and shown else None
        ledger.record(connection, REMOVE_AVATAR, removed, trace=result.correlation_id, payload=were_shown)
    audit.write(
        connection,
        PUBLISHED if shown else OUTDATED,
        actor=ACTOR,
        submission_id=result.submission_id,
        correlation_id=result.correlation_id,
        detail={"sha256": sha256, "replaces": str(old.submission_id) if old else None},
    )
    return shown
