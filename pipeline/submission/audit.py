"""The history of submissions: who did what, when, on which evidence. Rows are only added (`pipeline/audit/`)."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import Connection, RowMapping, or_, select

from pipeline.audit.reads import READ
from pipeline.audit.record import with_credential, write
from pipeline.audit.tables import audit
from pipeline.submission.tables import submission

__all__ = ["as_id", "audit", "history", "with_credential", "write"]


def history(connection: Connection, of: str) -> Sequence[RowMapping]:
    """Every step of one submission (by its id) or of one correlation id, the earliest first; not who only read of it."""
    own = select(submission.c.id).where(or_(submission.c.id == as_id(of), submission.c.correlation_id == of))
    steps = select(audit).where(audit.c.submission_id.in_(own), audit.c.event != READ)
    return connection.execute(steps.order_by(audit.c.id)).mappings().all()


def as_id(written: str) -> UUID | None:
    """The text as an id; None where it is none."""
    try:
        return UUID(written)
    except ValueError:
        return None
