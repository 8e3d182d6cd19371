"""Files that were kept long enough. A row loses its file in the transaction that notes the file's deletion."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Row, Select, delete, select, update

from pipeline.kernel.database import Database
from pipeline.policy import Policy
from pipeline.submission.deletions import UPLOADS, VAULT
from pipeline.submission.tables import material, rendition, submission
from pipeline.tasks import ledger
from pipeline.tasks.ledger import Task
from pipeline.workflows.closed_submissions import Closed, pages_needed
from pipeline.workflows.deletions import AT_ONCE, Deletions

FILES: Final = AT_ONCE // 2
"""Rows in one batch: each names up to two files."""


def forget_originals(task: Task, now: datetime, db: Database, deletions: Deletions, policy: Policy) -> int:
    """Members' own files. One that several submissions name stays until the last of them ended its time."""
    over = Closed.of(policy.retention.originals, now)
    names = (material.c.id, material.c.upload_key, material.c.given_key)
    due = select(*names).where(material.c.upload_key.is_not(None), material.c.submission_id.in_(over.submissions))
    return _with_files(task, db, deletions, UPLOADS, due.with_for_update(of=material, skip_locked=True), _forget)


def _forget(connection: Connection, rows: Sequence[Row[Any]]) -> list[str]:
    ids = [row.id for row in rows]
    connection.execute(update(material).where(material.c.id.in_(ids)).values(upload_key=None, given_key=None))
    return [key for row in rows for key in (row.upload_key, row.given_key) if key is not None]


def drop_renditions(task: Task, now: datetime, db: Database, deletions: Deletions, policy: Policy) -> int:
    """Pages of ended submissions that nobody looks at any more."""
    over = Closed.of(policy.retention.renditions, now)
    due = (
        select(rendition.c.id, rendition.c.key)
        .join(material, material.c.id == rendition.c.material_id)
        .join(submission, submission.c.id == material.c.submission_id)
        .where(over.condition, ~pages_needed())
    )
    return _with_files(task, db, deletions, VAULT, due.with_for_update(of=submission, skip_locked=True), _drop)


def _drop(connection: Connection, rows: Sequence[Row[Any]]) -> list[str]:
    connection.execute(delete(rendition).where(rendition.c.id.in_([row.id for row in rows])))
    return [row.key for row in rows]


def _with_files(
    task: Task,
    db: Database,
    deletions: Deletions,
    bucket: str,
    due: Select[Any],
    change: Callable[[Connection, Sequence[Row[Any]]], list[str]],
) -> int:
    """Batch by batch: `change` takes the files from the rows and names them; then those to which nothing refers go."""
    total = 0
    while True:
        ledger.renew(db, task)
        with db.begin() as connection:
            rows = connection.execute(due.limit(FILES)).all()
            begun = deletions.begin(connection, bucket, change(connection, rows) if rows else [])
        if refusals := deletions.carry_out(begun).refused:
            raise refusals[0]
        total += len(rows)
        if len(rows) < FILES:
            return total
