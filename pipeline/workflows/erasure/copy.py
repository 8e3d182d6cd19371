"""A copy for the member of what is kept about them: their rows as JSON, and their files."""

import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import orjson
import structlog
from sqlalchemy import Connection, func, select

from pipeline.avatar.tables import avatar
from pipeline.kernel.database import Database
from pipeline.kernel.errors import NotFound
from pipeline.kernel.rules.digests import member_digest
from pipeline.kernel.storage import Storage
from pipeline.submission import audit
from pipeline.submission.presence import held_row, open_erasure
from pipeline.submission.tables import material, rendition
from pipeline.workflows.erasure.begin import Asked
from pipeline.workflows.erasure.places import PLACES, Place
from pipeline.workflows.erasure.subject import Subject

log = structlog.get_logger()

NOT_THEIRS: Final = frozenset({"task", "idempotency"})
"""How the work on their submissions went: nothing that they gave or that is said of them."""

_NOBODY: Final = UUID(int=0)


def export(member_id: str, to: Path, *, asked: Asked, db: Database, storage: Storage) -> int:
    """Write a ZIP with everything that is kept about a member; how many files of theirs it holds. Raises NotFound.

    Secrets and what reviewers noted for each other are left out. Of a member who was erased under a legal hold it has what the hold keeps.
    """
    files = 0
    with db.begin() as connection:
        held = open_erasure(connection, member_id)
        subject = Subject(member_id, held.id if held else _NOBODY)
        tables = _held(connection, held.id) if held else _tables(connection, subject)
        keys = list(_keys(connection, subject, storage))
        if not any(tables.values()):
            raise NotFound("Nothing is kept about this member.")
        detail = {"member": member_digest(member_id)}
        audit.write(connection, "member.exported", actor=asked.actor, correlation_id=asked.trace, detail=detail)
    with zipfile.ZipFile(to, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, rows in sorted(tables.items()):
            archive.writestr(f"data/{name}.json", orjson.dumps(rows, option=orjson.OPT_INDENT_2))
        for folder, bucket, key in keys:
            body = storage.read(bucket, key)
            if body is not None:
                archive.writestr(f"files/{folder}/{key}", body)
                files += 1
    log.info("member.exported", tables=len(tables), files=files)
    return files


def _tables(connection: Connection, subject: Subject) -> dict[str, list[Any]]:
    found = {place.table.name: _rows(connection, place, subject) for place in PLACES if _is_theirs(place)}
    return {str(name): rows for name, rows in found.items() if rows}


def _is_theirs(place: Place) -> bool:
    return place.table.name not in NOT_THEIRS and place.secret != set(place.table.c.keys())


def _rows(connection: Connection, place: Place, subject: Subject) -> list[Any]:
    query = select(func.to_jsonb(place.table.table_valued())).where(place.mine(subject))
    return [_without(row, place.secret) for row in connection.execute(query).scalars()]


def _held(connection: Connection, erasure_id: UUID) -> dict[str, list[Any]]:
    secrets = {place.table.name: place.secret for place in PLACES if _is_theirs(place)}
    kept: dict[str, list[Any]] = {}
    mine = held_row.c.erasure_id == erasure_id
    for row in connection.execute(select(held_row).where(mine).order_by(held_row.c.id)):
        if row.place in secrets:
            kept.setdefault(row.place, []).append(_without(row.content, secrets[row.place]))
    return kept


def _without(row: dict[str, Any], secret: frozenset[str]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name not in secret}


def _keys(connection: Connection, subject: Subject, storage: Storage) -> Iterator[tuple[str, str, str]]:
    """The folder in the archive, the bucket and the key of each file of theirs."""
    sent = select(material.c.upload_key).where(material.c.submission_id.in_(subject.submissions))
    for key in connection.execute(sent.where(material.c.upload_key.is_not(None))).scalars():
        yield "sent", storage.uploads, key
    pages = select(rendition.c.key).where(rendition.c.material_id.in_(subject.materials))
    for key in connection.execute(pages).scalars():
        yield "pages", storage.vault, key
    shown = select(avatar.c.large_key, avatar.c.small_key).where(avatar.c.member_id == subject.member_id)
    for row in connection.execute(shown):
        yield "public", storage.public, row.large_key
        yield "public", storage.public, row.small_key
