"""The sections that a member writes. Each is replaced as a whole, against the version that the writer has seen."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog
from sqlalchemy import Connection, Row, select, update
from sqlalchemy.dialects.postgresql import insert

from pipeline.account.tables import account_section
from pipeline.kernel.database import Database, took_effect
from pipeline.kernel.errors import NotFound, Stale
from pipeline.kernel.rules.digests import member_digest
from pipeline.submission import audit
from pipeline.submission.presence import require_present
from schemas.account import SectionView

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Change:
    """Who changes a section, when, and which version they have seen (0: there is none yet)."""

    seen: int
    actor: str
    trace: str
    now: datetime


def replace_section(
    member_id: str, section: str, content: Mapping[str, object], *, change: Change, db: Database
) -> SectionView:
    """Replace a section unless somebody has changed it since; equal content changes nothing. Raises Stale, MemberErased."""
    with db.begin() as connection:
        require_present(connection, member_id)
        before = _row(connection, member_id, section)
        if before is not None and before.content == content:
            return _view(before)
        row = _written(connection, member_id, section, content, change)
        _audit(connection, row, before.content if before else {}, change)
    log.info("account.changed", member_id=member_id, section=section, version=row.version)
    return _view(row)


def section_of(member_id: str, section: str, *, db: Database) -> SectionView:
    """The section as it is kept. Raises NotFound where the member has not written it."""
    with db.read() as connection:
        row = _row(connection, member_id, section)
    if row is None:
        raise NotFound(f"The member has no {section.replace('_', ' ')} yet.")
    return _view(row)


def sections_of(connection: Connection, member_id: str) -> dict[str, SectionView]:
    """Every section that the member has written, by name."""
    rows = connection.execute(select(account_section).where(account_section.c.member_id == member_id))
    return {row.section: _view(row) for row in rows}


def _row(connection: Connection, member_id: str, section: str) -> Row[Any] | None:
    mine = (account_section.c.member_id == member_id, account_section.c.section == section)
    return connection.execute(select(account_section).where(*mine)).one_or_none()


def _written(
    connection: Connection, member_id: str, section: str, content: Mapping[str, object], change: Change
) -> Row[Any]:
    """Insert the first version, or update the one that was seen. Raises Stale."""
    values = {"content": dict(content), "version": change.seen + 1, "updated_at": change.now}
    if change.seen == 0:
        first = {"member_id": member_id, "section": section, **values}
        done = took_effect(connection, insert(account_section).values(first).on_conflict_do_nothing())
    else:
        mine = (account_section.c.member_id == member_id, account_section.c.section == section)
        seen = account_section.c.version == change.seen
        done = connection.execute(update(account_section).where(*mine, seen).values(values)).rowcount == 1
    row = _row(connection, member_id, section)
    if not done or row is None:
        at = row.version if row else 0
        raise Stale(f"The section is at version {at}, not {change.seen}. Read it again, and send its ETag as If-Match.")
    return row


def _audit(connection: Connection, row: Row[Any], before: Mapping[str, object], change: Change) -> None:
    """Write which fields changed, never their content."""
    fields = sorted(name for name in {*before, *row.content} if before.get(name) != row.content.get(name))
    detail = {"member": member_digest(row.member_id), "section": row.section, "version": row.version, "fields": fields}
    audit.write(connection, "account.changed", actor=change.actor, correlation_id=change.trace, detail=detail)


def _view(row: Row[Any]) -> SectionView:
    return SectionView.model_validate(row, from_attributes=True)
