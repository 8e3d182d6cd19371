"""The history: who did what, when, on which evidence. Rows are only added."""

from collections.abc import Mapping, Sequence
from typing import Final
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Identity,
    Index,
    Integer,
    RowMapping,
    Table,
    Text,
    Uuid,
    func,
    insert,
    or_,
    select,
)

from pipeline.kernel import credentials
from pipeline.kernel.database import JSON, Instant, metadata
from pipeline.submission.tables import submission

audit: Final = Table(
    "audit",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("at", Instant, nullable=False, server_default=func.now()),
    Column("submission_id", Uuid),
    Column("actor", Text, nullable=False),
    Column("event", Text, nullable=False),
    Column("from_state", Text),
    Column("to_state", Text),
    Column("version", Integer),
    Column("detail", JSON, nullable=False),
    Column("correlation_id", Text),
    Index("ix_audit_submission", "submission_id", "id"),
)


def history(connection: Connection, of: str) -> Sequence[RowMapping]:
    """Every row of one submission (by its id) or of one correlation id, the earliest first."""
    own = select(submission.c.id).where(or_(submission.c.id == as_id(of), submission.c.correlation_id == of))
    return connection.execute(select(audit).where(audit.c.submission_id.in_(own)).order_by(audit.c.id)).mappings().all()


def as_id(written: str) -> UUID | None:
    """The text as an id; None where it is none."""
    try:
        return UUID(written)
    except ValueError:
        return None


def with_credential(detail: Mapping[str, object] | None) -> dict[str, object]:
    """The detail with the credential of the present request, where there is one."""
    used = credentials.present()
    return {**(detail or {}), **({"credential": used.shown()} if used is not None else {})}


def write(
    connection: Connection,
    event: str,
    *,
    actor: str,
    submission_id: UUID | None = None,
    correlation_id: str | None = None,
    detail: Mapping[str, object] | None = None,
    move: tuple[str | None, str, int] | None = None,
) -> None:
    """Add one row to the history. `event` is `noun.verbed`; `move` is (from, to, version after).

    The detail also has the credential by which the present request acts.
    """
    from_state, to_state, version = move or (None, None, None)
    row = {
        "event": event,
        "actor": actor,
        "submission_id": submission_id,
        "correlation_id": correlation_id,
        "detail": with_credential(detail),
        "from_state": from_state,
        "to_state": to_state,
        "version": version,
    }
    connection.execute(insert(audit), row)
