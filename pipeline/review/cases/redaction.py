from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import Connection, Row, select, update

from pipeline.kernel.database import Database
from pipeline.kernel.errors import ClaimExpired, NotFound, Stale
from pipeline.kernel.ids import new_id
from pipeline.kernel.storage import Storage
from pipeline.policy import Policy
from pipeline.review.claims.context import ReviewContext
from pipeline.review.claims.lookup import live_claim
from pipeline.submission import audit
from pipeline.submission.tables import material, rendition, submission
from pipeline.tasks import ledger
from pipeline.tasks.ledger import Task
from pipeline.tasks.rules import FORGET_FILES
from schemas.decisions import Redaction

log = structlog.get_logger()

Burn = Callable[..., bytes]
"""`(jpeg, boxes, *, quality)`: the JPEG with black boxes, each in thousandths of its sides."""


@dataclass(frozen=True, slots=True)
class _Burnt:
    """A rendition as it was, and the bytes and key that it gets."""

    row: Row[Any]
    body: bytes
    key: str


def redact(claim_id: UUID, command: Redaction, *, reviewer_id: str, context: ReviewContext, burn: Burn) -> None:
    """Burn black boxes into one page of a case that the reviewer has claimed; who, where and when is audited.

    A task deletes the page without the boxes, and the member's original too, unless the policy keeps it.
    Raises ClaimExpired, NotFound, Stale.
    """
    policy, storage = context.policy, context.storage
    with context.db.read() as connection:
        claimed = _claimed(connection, claim_id, command.token, reviewer_id)
        file, pages = _load(connection, claimed.submission_id, command)
    boxes = [each.sides for each in command.boxes]
    quality = (policy.files.avatar if file.kind == "avatar" else policy.files.material).quality
    burnt = [_burn(row, boxes, storage=storage, burn=burn, quality=quality) for row in pages]
    for each in burnt:
        storage.put_vault(each.key, each.body, media_type=each.row.media_type)
    with context.db.begin() as connection:
        _claimed(connection, claim_id, command.token, reviewer_id)
        _record(connection, file, burnt, command, reviewer_id=reviewer_id, policy=policy)
    log.info("material.redacted", submission_id=str(file.submission_id), material_id=str(file.id), reviewer=reviewer_id)


def forget_files(task: Task, *, db: Database, storage: Storage) -> None:
    """Delete what a redaction replaced. Raises StorageRefused where the store keeps one of the files, once the others are gone."""
    payload = task.payload or {}
    refusals = storage.delete_each(storage.vault, payload.get("vault", []))
    refusals += storage.delete_each(storage.uploads, payload.get("uploads", []))
    if refusals:
        raise refusals[0]
    with db.begin() as connection:
        ledger.finish(connection, task)


def _claimed(connection: Connection, claim_id: UUID, token: UUID, reviewer_id: str) -> Row[Any]:
    claimed = live_claim(connection, claim_id, reviewer_id=reviewer_id)
    if claimed.token != token:
        raise ClaimExpired("The claim's token is another one. Load the case anew.")
    return claimed


def _load(connection: Connection, submission_id: UUID, command: Redaction) -> tuple[Row[Any], Sequence[Row[Any]]]:
    """The file, and every rendition of that page."""
    file = connection.execute(
        select(material, submission.c.correlation_id)
        .join(submission, submission.c.id == material.c.submission_id)
        .where(material.c.id == command.material_id, material.c.submission_id == submission_id)
    ).one_or_none()
    page = (rendition.c.material_id == command.material_id, rendition.c.page == command.page)
    pages = connection.execute(select(rendition).where(*page)).all()
    if file is None or not pages:
        raise NotFound("This case has no such page.")
    return file, pages


def _burn(
    row: Row[Any], boxes: Sequence[tuple[float, float, float, float]], *, storage: Storage, burn: Burn, quality: int
) -> _Burnt:
    body = storage.read(storage.vault, row.key)
    if body is None:
        raise NotFound("The picture is not kept any more.")
    folder = row.key.rsplit("/", 2)[0]
    return _Burnt(row, burn(body, boxes, quality=quality), f"{folder}/{new_id()}/{row.purpose}-{row.page}.jpg")


def _record(
    connection: Connection,
    file: Row[Any],
    burnt: Sequence[_Burnt],
    command: Redaction,
    *,
    reviewer_id: str,
    policy: Policy,
) -> None:
    for each in burnt:
        changed = connection.execute(
            update(rendition)
            .where(rendition.c.id == each.row.id, rendition.c.key == each.row.key)
            .values(key=each.key, bytes=len(each.body), sha256=sha256(each.body).hexdigest())
        )
        if changed.rowcount != 1:
            raise Stale("The page has been redacted meanwhile. Look at it again.")
    detail = {"material_id": str(file.id), "page": command.page, "boxes": [each.sides for each in command.boxes]}
    trace = file.correlation_id
    audit.write(
        connection,
        "material.redacted",
        actor=reviewer_id,
        submission_id=file.submission_id,
        correlation_id=trace,
        detail=detail,
    )
    kept = policy.console.keep_redacted_original or file.upload_key is None
    old = {"vault": [each.row.key for each in burnt], "uploads": [] if kept else [file.upload_key]}
    ledger.record(connection, FORGET_FILES, new_id(), trace=trace, payload=old)
