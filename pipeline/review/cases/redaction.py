"""Burn black boxes into a page. What was there before is sealed: no page shows it, and it is not destroyed yet (`sealed.py`)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import Connection, Row, and_, insert, or_, select, update

from pipeline.kernel.errors import ClaimExpired, NotFound, Stale
from pipeline.kernel.ids import new_id
from pipeline.kernel.storage import Storage
from pipeline.review.claims.context import ReviewContext
from pipeline.review.claims.lookup import live_claim
from pipeline.review.tables import sealed
from pipeline.submission import audit
from pipeline.submission.tables import material, rendition, submission
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


@dataclass(frozen=True, slots=True)
class _Covered:
    """The file whose page is covered, every identical file of the same member, and that page of each."""

    file: Row[Any]
    files: Sequence[Row[Any]]
    pages: Sequence[Row[Any]]


def redact(claim_id: UUID, command: Redaction, *, reviewer_id: str, context: ReviewContext, burn: Burn) -> UUID:
    """Burn black boxes into one page of a case that the reviewer has claimed; the redaction's id. Who, where and when is audited.

    The same page of every identical file of the member is covered, too. Raises ClaimExpired, NotFound, Stale.
    """
    policy, storage = context.policy, context.storage
    with context.db.read() as connection:
        claimed = _claimed(connection, claim_id, command.token, reviewer_id)
        covered = _load(connection, claimed.submission_id, command)
    boxes = [each.sides for each in command.boxes]
    quality = (policy.files.avatar if covered.file.kind == "avatar" else policy.files.material).quality
    burnt = [_burn(row, boxes, storage=storage, burn=burn, quality=quality) for row in covered.pages]
    for each in burnt:
        storage.put_vault(each.key, each.body, media_type=each.row.media_type)
    redaction_id = new_id()
    with context.db.begin() as connection:
        _claimed(connection, claim_id, command.token, reviewer_id)
        _replace(connection, burnt)
        known = {"redaction_id": redaction_id, "submission_id": covered.file.submission_id, "sealed_by": reviewer_id}
        connection.execute(insert(sealed), [{**known, **row} for row in _sealed_pages(burnt)])
        if not policy.console.keep_redacted_original:
            _seal_originals(connection, covered, known)
        _audit(connection, covered, command, redaction_id, reviewer_id)
    file = covered.file
    log.info("material.redacted", submission_id=str(file.submission_id), material_id=str(file.id), reviewer=reviewer_id)
    return redaction_id


def _claimed(connection: Connection, claim_id: UUID, token: UUID, reviewer_id: str) -> Row[Any]:
    claimed = live_claim(connection, claim_id, reviewer_id=reviewer_id)
    if claimed.token != token:
        raise ClaimExpired("The claim's token is another one. Load the case anew.")
    return claimed


def _load(connection: Connection, submission_id: UUID, command: Redaction) -> _Covered:
    columns = (material, submission.c.correlation_id, submission.c.member_id, submission.c.closed_at)
    joined = select(*columns).join(submission, submission.c.id == material.c.submission_id)
    this = (material.c.id == command.material_id, material.c.submission_id == submission_id)
    file = connection.execute(joined.where(*this)).one_or_none()
    if file is None:
        raise NotFound("This case has no such page.")
    same = and_(submission.c.member_id == file.member_id, material.c.sha256 == file.sha256)
    files = connection.execute(joined.where(or_(material.c.id == file.id, same)).order_by(material.c.id)).all()
    page = (rendition.c.material_id.in_([each.id for each in files]), rendition.c.page == command.page)
    pages = connection.execute(select(rendition).where(*page).order_by(rendition.c.id)).all()
    if not any(each.material_id == file.id for each in pages):
        raise NotFound("This case has no such page.")
    return _Covered(file, files, pages)


def _burn(
    row: Row[Any], boxes: Sequence[tuple[float, float, float, float]], *, storage: Storage, burn: Burn, quality: int
) -> _Burnt:
    body = storage.read(storage.vault, row.key)
    if body is None:
        raise NotFound("The picture is not kept any more.")
    folder = row.key.rsplit("/", 2)[0]
    return _Burnt(row, burn(body, boxes, quality=quality), f"{folder}/{new_id()}/{row.purpose}-{row.page}.jpg")


def _replace(connection: Connection, burnt: Sequence[_Burnt]) -> None:
    for each in burnt:
        changed = connection.execute(
            update(rendition)
            .where(rendition.c.id == each.row.id, rendition.c.key == each.row.key)
            .values(key=each.key, bytes=len(each.body), sha256=sha256(each.body).hexdigest())
        )
        if changed.rowcount != 1:
            raise Stale("The page has been redacted meanwhile. Look at it again.")


def _sealed_pages(burnt: Sequence[_Burnt]) -> list[dict[str, Any]]:
    return [
        {
            "id": new_id(),
            "material_id": each.row.material_id,
            "rendition_id": each.row.id,
            "page": each.row.page,
            "bucket": "vault",
            "key": each.row.key,
            "bytes": each.row.bytes,
            "sha256": each.row.sha256,
            "covered_by": each.key,
        }
        for each in burnt
    ]


def _seal_originals(connection: Connection, covered: _Covered, known: dict[str, Any]) -> None:
    """The member's own files: no row of `material` names them any more, so nothing reads or sweeps them.

    Another submission that is still open keeps its file until it has ended (`sealed.release_ended`): its reviewer goes on with it.
    """
    for file in covered.files:
        if file.upload_key is not None:
            row = {"id": new_id(), "material_id": file.id, "bucket": "uploads", "key": file.upload_key}
            connection.execute(insert(sealed).values(**known, **row))
            if file.submission_id == covered.file.submission_id or file.closed_at is not None:
                connection.execute(update(material).where(material.c.id == file.id).values(upload_key=None))


def _audit(connection: Connection, covered: _Covered, command: Redaction, redaction_id: UUID, reviewer_id: str) -> None:
    file = covered.file
    detail = {
        "redaction_id": str(redaction_id),
        "material_id": str(file.id),
        "identical": [str(each.id) for each in covered.files if each.id != file.id],
        "page": command.page,
        "boxes": [each.sides for each in command.boxes],
    }
    audit.write(
        connection,
        "material.redacted",
        actor=reviewer_id,
        submission_id=file.submission_id,
        correlation_id=file.correlation_id,
        detail=detail,
    )
