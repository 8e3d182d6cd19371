"""Seals what was committed: in order, each row once, without a lock that a writer could wait for."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, RowMapping, func, insert, select, text, tuple_

from pipeline.audit.rules import START, Statement, next_head, row_digest
from pipeline.audit.tables import audit, audit_seal
from pipeline.kernel.database import Database
from pipeline.kernel.errors import PermanentError
from pipeline.kernel.signing import Signer

BATCH: Final = 1000
LATE: Final = timedelta(minutes=5)
"""Rows are sealed within seconds. Where they are not by then, nobody seals."""
_LOCK: Final = text("SELECT pg_try_advisory_xact_lock(hashtextextended('audit.seal', 0))")
_CLOCKS: Final = text(
    """
    SELECT now() AS at, pg_snapshot_xmin(pg_current_snapshot())::text::bigint AS settled,
           pg_snapshot_xmax(pg_current_snapshot())::text::bigint AS next
    """
)
_LAST: Final = select(audit_seal).order_by(audit_seal.c.number.desc()).limit(1)
LOWEST: Final = -(2**63)
"""Below every id and every transaction's number."""

NOTHING: Final[Mapping[Any, Any]] = {
    "number": 0,
    "at": None,
    "floor_id": LOWEST,
    "top_id": LOWEST,
    "last_xid": LOWEST,
    "last_id": LOWEST,
    "rows": 0,
    "head": START,
}
"""Before the first seal."""


class RecordChanged(PermanentError):
    """The seals in the database are not those that this process has made or seen."""

    code = "record_changed"


class AuditSealer:
    """Seals by one key, in one process. Without a key nothing is sealed."""

    def __init__(self, db: Database, signer: Signer | None) -> None:
        self._db, self._signer = db, signer
        self._seen: tuple[int, bytes] = (0, START)

    def seal(self) -> int:
        """Seal the rows whose transactions have ended, at most a batch. Returns how many. Raises RecordChanged.

        Every transaction below the oldest one that still runs has ended. So no row can appear any more before those that are sealed,
        however late it commits. Any number of processes may call it: one works, the others do nothing.
        """
        if self._signer is None:
            return 0
        with self._db.begin() as connection:
            if not connection.execute(_LOCK).scalar_one():
                return 0
            self._require_what_was_seen(connection)
            clocks = connection.execute(_CLOCKS).one()
            last = connection.execute(_LAST).mappings().one_or_none() or NOTHING
            begun, rows = _unsealed(connection, last, settled=clocks.settled, following=clocks.next)
            if rows:
                last = _sealed(rows, begun, clocks.at, self._signer)
                connection.execute(insert(audit_seal).inline(), last)
        self._seen = (last["number"], last["head"])
        return len(rows)

    def _require_what_was_seen(self, connection: Connection) -> None:
        """Never sign over seals that were taken back: the chain would go on as if they had never been."""
        number, head = self._seen
        kept = select(audit_seal.c.head).where(audit_seal.c.number == number)
        if number and connection.execute(kept).scalar() != head:
            raise RecordChanged(
                f"Seal {number} of the audit is gone or another one. Run: proofdesk audit verify. "
                "If the database was restored from a backup, restart the relays."
            )


def _unsealed(
    connection: Connection, last: Mapping[Any, Any], *, settled: int, following: int
) -> tuple[Mapping[Any, Any], Sequence[RowMapping]]:
    """What the next seal goes on from, and its rows.

    A last transaction that this cluster has not reached yet is one of another cluster: the database was restored. What that cluster had
    committed is sealed first, then the numbering begins anew for rows with greater ids.
    """
    if last["last_xid"] < following:
        return last, _rows(connection, last, before=settled)
    if left := _rows(connection, last, before=None):
        return last, left
    anew = {**last, "floor_id": last["top_id"], "last_xid": LOWEST, "last_id": LOWEST}
    return anew, _rows(connection, anew, before=settled)


def _rows(connection: Connection, after: Mapping[Any, Any], *, before: int | None) -> Sequence[RowMapping]:
    order = tuple_(audit.c.xid, audit.c.id)
    query = select(audit).where(order > (after["last_xid"], after["last_id"]), audit.c.id > after["floor_id"])
    if before is not None:
        query = query.where(audit.c.xid < before)
    return connection.execute(query.order_by(audit.c.xid, audit.c.id).limit(BATCH)).mappings().all()


def _sealed(rows: Sequence[RowMapping], after: Mapping[Any, Any], at: Any, signer: Signer) -> dict[str, Any]:
    chained = [(row["id"], row_digest(row)) for row in rows]
    number = after["number"] + 1
    said = Statement(
        number=number,
        at=at,
        floor_id=after["floor_id"],
        last_xid=rows[-1]["xid"],
        last_id=rows[-1]["id"],
        rows=after["rows"] + len(rows),
        head=next_head(after["head"], number, chained),
    )
    ids = [row_id for row_id, _ in chained]
    return {
        "number": said.number,
        "at": said.at,
        "floor_id": said.floor_id,
        "top_id": max(after["top_id"], *ids),
        "last_xid": said.last_xid,
        "last_id": said.last_id,
        "rows": said.rows,
        "ids": ids,
        "digests": b"".join(digest for _, digest in chained),
        "head": said.head,
        "key": signer.name,
        "signature": signer.sign(said.signed_bytes()),
    }


def statement(sealed: Mapping[Any, Any]) -> Statement:
    """What a kept seal says."""
    names = ("number", "at", "floor_id", "last_xid", "last_id", "rows", "head")
    return Statement(**{name: sealed[name] for name in names})


def unsealed_since(connection: Connection) -> datetime | None:
    """When the oldest row was written that is not sealed yet; None where there is none."""
    last = connection.execute(_LAST).mappings().one_or_none() or NOTHING
    after = tuple_(audit.c.xid, audit.c.id) > (last["last_xid"], last["last_id"])
    oldest = select(func.min(audit.c.at)).where(after, audit.c.id > last["floor_id"])
    found: datetime | None = connection.execute(oldest).scalar()
    return found
