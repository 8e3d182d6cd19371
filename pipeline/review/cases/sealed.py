"""Originals behind redactions: destroyed when a second person agrees or the decision is final; a lead puts them back before that."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import ColumnElement, Connection, Row, and_, exists, func, or_, select, update

from pipeline.kernel.database import Database
from pipeline.kernel.errors import AlreadyThere, Forbidden, NotFound, Stale
from pipeline.kernel.ids import new_id
from pipeline.policy import Policy
from pipeline.review.tables import STILL_SEALED, sealed
from pipeline.submission import audit
from pipeline.submission.deletions import UPLOADS, VAULT, DeleteUnneeded
from pipeline.submission.presence import is_held
from pipeline.submission.tables import material, rendition, submission
from pipeline.tasks import ledger
from pipeline.tasks.ledger import Task
from pipeline.tasks.rules import FORGET_FILES
from schemas.decisions import SealedView

log = structlog.get_logger()


def sealed_redactions(*, db: Database, limit: int = 200) -> tuple[SealedView, ...]:
    """The redactions whose originals are still there, the earliest first."""
    columns = (sealed.c.redaction_id, sealed.c.submission_id, sealed.c.sealed_by)
    query = (
        select(*columns, func.min(sealed.c.sealed_at).label("sealed_at"), func.max(sealed.c.page).label("page"))
        .where(STILL_SEALED)
        .group_by(*columns)
        .order_by(func.min(sealed.c.sealed_at))
        .limit(limit)
    )
    with db.read() as connection:
        return tuple(SealedView.model_validate(row, from_attributes=True) for row in connection.execute(query))


def confirm(redaction_id: UUID, *, reviewer_id: str, db: Database) -> None:
    """Agree with a redaction: its originals are destroyed. Raises NotFound, AlreadyThere; Forbidden for whoever covered the page."""
    with db.begin() as connection:
        rows = _locked(connection, redaction_id)
        if rows[0].sealed_by == reviewer_id:
            raise Forbidden("You covered this page yourself. Ask a second person to look at it.")
        _end(connection, redaction_id, state="confirmed", by=reviewer_id)
        _destroy_later(connection, rows[0].redaction_id)
        _audit(connection, "redaction.confirmed", rows[0], by=reviewer_id)
    log.info("redaction.confirmed", redaction_id=str(redaction_id), reviewer=reviewer_id)


def put_back(redaction_id: UUID, *, by: str, db: Database) -> None:
    """Show the pages as they were. The covered ones are swept. Raises NotFound, AlreadyThere, or Stale where a page was covered again."""
    with db.begin() as connection:
        rows = _locked(connection, redaction_id)
        for row in rows:
            _restore(connection, row)
        _end(connection, redaction_id, state="put_back", by=by)
        _audit(connection, "redaction.put_back", rows[0], by=by)
    log.info("redaction.put_back", redaction_id=str(redaction_id), reviewer=by)


def destroy_final(connection: Connection, *, now: datetime, policy: Policy, most: int) -> int:
    """Have the originals of as many redactions destroyed whose case ended so many days ago that its decision is final; how many."""
    before = now - timedelta(days=policy.console.sealed_days)
    final = exists().where(
        submission.c.id == sealed.c.submission_id,
        submission.c.closed_at < before,
        ~is_held(submission.c.member_id),
    )
    some = select(sealed.c.redaction_id).where(STILL_SEALED, final).distinct().limit(most).cte("some")
    ended = (
        update(sealed)
        .where(STILL_SEALED, sealed.c.redaction_id == some.c.redaction_id)
        .values(state="confirmed", ended_by="retention", ended_at=func.now())
    )
    rows = {row.redaction_id: row for row in connection.execute(ended.returning(sealed))}
    for row in rows.values():
        _destroy_later(connection, row.redaction_id)
        _audit(connection, "redaction.final", row, by="retention")
    return len(rows)


def release_ended(connection: Connection, *, most: int) -> int:
    """Take the sealed originals from some submissions that have ended since; from how many files. Those of confirmed redactions are destroyed.

    While it was open such a submission kept its original: an identical file of the member, a page of which was covered in another case.
    """
    ended = exists().where(
        submission.c.id == material.c.submission_id,
        submission.c.closed_at.is_not(None),
        ~is_held(submission.c.member_id),
    )
    theirs = and_(sealed.c.material_id == material.c.id, sealed.c.key == material.c.upload_key)
    found = (
        select(material.c.id, sealed.c.redaction_id, sealed.c.state)
        .join(sealed, theirs)
        .where(sealed.c.state.in_(("sealed", "confirmed")), ended)
        .limit(most)
        .with_for_update(of=material, skip_locked=True)
    )
    rows = connection.execute(found).all()
    taken = update(material).where(material.c.id.in_([row.id for row in rows]))
    connection.execute(taken.values(upload_key=None))
    for redaction_id in {row.redaction_id for row in rows if row.state == "confirmed"}:
        _destroy_later(connection, redaction_id, again=True)
    return len(rows)


def forget_files(task: Task, *, db: Database, delete_unneeded: DeleteUnneeded) -> None:
    """Destroy the originals of a redaction, but for those that another open submission still has (`release_ended`).

    Raises StorageRefused where the store keeps one of the files, once the others are gone.
    """
    condition = and_(sealed.c.redaction_id == UUID(task.ref_id), sealed.c.state == "confirmed")
    with db.read() as connection:
        rows = connection.execute(select(sealed).where(condition, ~_still_named())).all()
        copied = _copied_from(connection, [row.material_id for row in rows if row.bucket == UPLOADS])
    payload = task.payload or {}  # tasks of before originals were sealed carry their keys
    vault = [*payload.get(VAULT, []), *(row.key for row in rows if row.bucket == VAULT)]
    uploads = [*payload.get(UPLOADS, []), *(row.key for row in rows if row.bucket == UPLOADS), *copied]
    done = {VAULT: delete_unneeded(VAULT, vault), UPLOADS: delete_unneeded(UPLOADS, uploads)}
    if refusals := [refusal for each in done.values() for refusal in each.refused]:
        raise refusals[0]
    gone = [and_(sealed.c.bucket == bucket, sealed.c.key.in_(each.gone)) for bucket, each in done.items()]
    with db.begin() as connection:
        ledger.finish(connection, task)
        connection.execute(update(sealed).where(sealed.c.state == "confirmed", or_(*gone)).values(state="destroyed"))


def _copied_from(connection: Connection, materials: Sequence[UUID]) -> Sequence[str]:
    """The uploads from which these originals were copied."""
    query = select(material.c.given_key).where(material.c.id.in_(materials), material.c.given_key.is_not(None))
    return connection.execute(query).scalars().all()


def _still_named() -> ColumnElement[bool]:
    """Whether a file's own submission goes on with it."""
    return exists().where(material.c.id == sealed.c.material_id, material.c.upload_key == sealed.c.key)


def _locked(connection: Connection, redaction_id: UUID) -> Sequence[Row[Any]]:
    rows = connection.execute(select(sealed).where(sealed.c.redaction_id == redaction_id).with_for_update()).all()
    if not rows:
        raise NotFound(f"There is no redaction {redaction_id}.")
    if any(row.state != "sealed" for row in rows):
        raise AlreadyThere("This redaction was confirmed or put back before. Its originals are not sealed any more.")
    return rows


def _restore(connection: Connection, row: Row[Any]) -> None:
    if row.rendition_id is None:
        connection.execute(update(material).where(material.c.id == row.material_id).values(upload_key=row.key))
        return
    here = (rendition.c.id == row.rendition_id, rendition.c.key == row.covered_by)
    before = {"key": row.key, "bytes": row.bytes, "sha256": row.sha256}
    if connection.execute(update(rendition).where(*here).values(before)).rowcount != 1:
        raise Stale("A page was covered again since. Put that back first.")


def _end(connection: Connection, redaction_id: UUID, *, state: str, by: str) -> None:
    ended = {"state": state, "ended_by": by, "ended_at": func.now()}
    connection.execute(update(sealed).where(sealed.c.redaction_id == redaction_id).values(ended))


def _destroy_later(connection: Connection, redaction_id: UUID, *, again: bool = False) -> None:
    key = f"{FORGET_FILES.name}:{redaction_id}:{new_id()}" if again else None
    ledger.record(connection, FORGET_FILES, redaction_id, trace=f"redaction:{redaction_id}", dedup_key=key)


def _audit(connection: Connection, event: str, row: Row[Any], *, by: str) -> None:
    detail = {"redaction_id": str(row.redaction_id), "material_id": str(row.material_id)}
    audit.write(connection, event, actor=by, submission_id=row.submission_id, detail=detail)
