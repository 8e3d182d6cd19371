"""What may happen often: written to the record once a minute, so that neither a stranger nor a busy service can fill it."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection, delete, func, literal, select
from sqlalchemy.dialects.postgresql import insert

from pipeline.audit.record import write
from pipeline.audit.tables import audit_tally
from pipeline.kernel.database import Database

OTHERS: Final = "others"
_FULL: Final = timedelta(minutes=1)
_MINUTE: Final = func.date_trunc("minute", func.now())


def write_once(
    connection: Connection,
    event: str,
    *,
    actor: str,
    subject: str,
    submission_id: UUID | None = None,
    correlation_id: str | None = None,
    detail: Mapping[str, object] | None = None,
) -> bool:
    """Write a row unless one of this event, actor and subject was written in this minute. Returns whether it wrote one."""
    row = {"minute": _MINUTE, "event": event, "actor": actor, "subject": subject, "detail": {}}
    fresh = insert(audit_tally).values(row).on_conflict_do_nothing().returning(literal(1))
    if connection.execute(fresh).first() is None:
        return False
    known = {"submission_id": submission_id, "correlation_id": correlation_id, "detail": detail}
    write(connection, event, actor=actor, **known)  # type: ignore[arg-type]
    return True


def write_counted(
    connection: Connection, event: str, *, actor: str, subject: str, most: int, detail: Mapping[str, object]
) -> None:
    """Write the first of a minute at once; `write_ended` says how many more there were.

    Of one event `most` different actors and subjects are told apart in a minute; all further ones are counted as one.
    """
    mine = (audit_tally.c.minute == _MINUTE, audit_tally.c.event == event)
    same = (audit_tally.c.actor == actor, audit_tally.c.subject == subject)
    known = connection.execute(select(audit_tally.c.times).where(*mine, *same)).first() is not None
    if not known and connection.execute(select(func.count()).where(*mine)).scalar_one() >= most:
        actor, subject, detail = OTHERS, OTHERS, {}
    row = {"minute": _MINUTE, "event": event, "actor": actor, "subject": subject, "detail": dict(detail)}
    counted = insert(audit_tally).values(row)
    counted = counted.on_conflict_do_update(
        index_elements=["minute", "event", "actor", "subject"], set_={"times": audit_tally.c.times + 1}
    )
    if connection.execute(counted.returning(audit_tally.c.times)).scalar_one() == 1:
        write(connection, event, actor=actor, detail=detail)


def write_ended(db: Database, *, batch: int = 200) -> int:
    """Forget the minutes that have ended; of what happened more than once, write how often. Returns how many were forgotten."""
    ended = (
        select(audit_tally.c.minute, audit_tally.c.event, audit_tally.c.actor, audit_tally.c.subject)
        .where(audit_tally.c.minute < func.now() - _FULL)
        .limit(batch)
        .with_for_update(skip_locked=True)
        .cte("ended")
    )
    key = ("minute", "event", "actor", "subject")
    gone = delete(audit_tally).where(*(audit_tally.c[name] == ended.c[name] for name in key)).returning(audit_tally)
    with db.begin() as connection:
        rows: Sequence[Any] = connection.execute(gone).all()
        for row in rows:
            if row.times > 1:
                detail = {**row.detail, "times": row.times, "minute": row.minute.isoformat()}
                write(connection, row.event, actor=row.actor, detail=detail)
    return len(rows)
