"""An original is kept as it was read: a copy at a key of our own, which no upload link can write (docs/adr/0016)."""

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, Row

from pipeline.kernel.database import Database
from pipeline.kernel.storage import Storage
from pipeline.submission.deletions import UPLOADS, DeleteUnneeded
from pipeline.tasks import ledger
from pipeline.tasks.ledger import Task
from pipeline.tasks.rules import FORGET_UPLOADS

PREFIX: Final = "original/"
_MEDIA_TYPE: Final = "application/octet-stream"


def keep(file: Row[Any], path: Path, *, task: Task, storage: Storage) -> str:
    """Keep the bytes that were inspected, under a key that carries the task's token; returns the key."""
    key = f"{PREFIX}{file.submission_id}/{file.id}/{task.token}"
    storage.keep_original(key, path, media_type=_MEDIA_TYPE)
    return key


def forget_later(connection: Connection, subject: Row[Any], read: Iterable[tuple[str, datetime]]) -> None:
    """Record that the objects that were read, with the times at which they had been written, are deleted now that copies are kept."""
    objects = [[key, int(written_at.timestamp())] for key, written_at in read]
    if objects:
        payload = {"objects": objects}
        ledger.record(connection, FORGET_UPLOADS, subject.id, trace=subject.correlation_id, payload=payload)


def forget_uploads(task: Task, *, db: Database, storage: Storage, delete_unneeded: DeleteUnneeded) -> None:
    """Delete uploads of which a copy is kept, unless another submission still has to be inspected from one, or it was put anew."""
    for key, written_at in (task.payload or {}).get("objects", []):
        found = storage.written_at(storage.uploads, key)
        same = found is not None and int(found.timestamp()) == written_at
        if same and (refusals := delete_unneeded(UPLOADS, [key]).refused):
            raise refusals[0]
    with db.begin() as connection:
        ledger.finish(connection, task)
