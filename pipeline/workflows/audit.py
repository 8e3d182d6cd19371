import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import orjson
import structlog
from sqlalchemy import ColumnElement, or_, select

from pipeline.audit.checkpoints import publish
from pipeline.audit.record import write
from pipeline.audit.tables import audit
from pipeline.kernel.database import Database
from pipeline.kernel.rules.digests import member_digest
from pipeline.kernel.storage import Storage
from pipeline.submission.tables import submission
from pipeline.tasks import ledger
from pipeline.tasks.ledger import Task

log = structlog.get_logger()

COLUMNS: Final = tuple(column.name for column in audit.columns)
_PAGE: Final = 1000
_FORMULA: Final = frozenset("=+-@|%\t\r\n\uff1d\uff0b\uff0d\uff20")
"""With these a spreadsheet begins a formula, also in their wide forms, and also behind spaces."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which rows of the audit: all that is given must hold. `since` is included, `until` is not."""

    member_id: str | None = None
    submission_id: UUID | None = None
    actor: str | None = None
    since: datetime | None = None
    until: datetime | None = None

    def shown(self) -> dict[str, str]:
        """What was asked for, for the record of exports."""
        names = ("submission_id", "actor", "since", "until")
        given = {name: getattr(self, name) for name in names}
        given["member"] = member_digest(self.member_id) if self.member_id else None
        return {
            name: value.isoformat() if isinstance(value, datetime) else str(value)
            for name, value in given.items()
            if value
        }


def record_export(wanted: Wanted, *, actor: str, db: Database) -> None:
    """Write who takes which rows out; before they are read."""
    with db.begin() as connection:
        write(connection, "audit.exported", actor=actor, detail=wanted.shown())


def exported(wanted: Wanted, *, db: Database) -> Iterator[dict[str, Any]]:
    """The rows, the earliest first, a page at a time."""
    last: int | None = None
    where = list(_conditions(wanted))
    while True:
        after: list[ColumnElement[bool]] = [audit.c.id > last] if last is not None else []
        query = select(audit).where(*where, *after).order_by(audit.c.id).limit(_PAGE)
        with db.read() as connection:
            rows = connection.execute(query).mappings().all()
        yield from (dict(row) for row in rows)
        if len(rows) < _PAGE:
            return
        last = rows[-1]["id"]


def json_line(row: Mapping[Any, Any]) -> str:
    """A row as a line of JSON."""
    return orjson.dumps(dict(row), option=orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS, default=str).decode()


def csv_line(values: Mapping[Any, Any]) -> str:
    """A row as a line of CSV that no spreadsheet runs: what could begin a formula gets an apostrophe before it."""
    line = io.StringIO()
    csv.writer(line, quoting=csv.QUOTE_ALL, lineterminator="").writerow([_cell(values[name]) for name in COLUMNS])
    return line.getvalue()


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.isoformat()
    text = orjson.dumps(value).decode() if isinstance(value, dict | list) else str(value)
    begins = text.lstrip(" \u00a0\u3000")[:1]
    return f"'{text}" if begins in _FORMULA and begins else text


def _conditions(wanted: Wanted) -> Iterator[ColumnElement[bool]]:
    if wanted.member_id is not None:
        theirs = select(submission.c.id).where(submission.c.member_id == wanted.member_id)
        yield or_(audit.c.detail["member"].astext == member_digest(wanted.member_id), audit.c.submission_id.in_(theirs))
    if wanted.submission_id is not None:
        yield audit.c.submission_id == wanted.submission_id
    if wanted.actor is not None:
        yield audit.c.actor == wanted.actor
    if wanted.since is not None:
        yield audit.c.at >= wanted.since
    if wanted.until is not None:
        yield audit.c.at < wanted.until


def checkpoint(task: Task, *, db: Database, storage: Storage) -> None:
    """Put what the latest seal of the audit says into the object store."""
    said = publish(db, storage)
    with db.begin() as connection:
        ledger.finish(connection, task)
    if said is not None:
        log.info("audit.checkpointed", seal=said.number, rows=said.rows)
