"""Checks the record against its seals and its checkpoints, in a stream: a page of seals and a page of rows at a time."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import func, select, tuple_

from pipeline.audit.checkpoints import Checkpoint, published
from pipeline.audit.faults import Fault, Kind, faults_of_list, faults_of_rows
from pipeline.audit.keys import Trusted
from pipeline.audit.sealing import LATE, LOWEST, NOTHING, statement
from pipeline.audit.tables import audit, audit_seal
from pipeline.kernel.database import Database
from pipeline.kernel.storage import Storage

SEALS_AT_ONCE: Final = 50
ROWS_AT_ONCE: Final = 2000
MOST_ADDED: Final = 10_000
"""More rows than these that nobody sealed are not held in memory: the first ones are named."""


class Verification:
    """One check of the record. Take all `faults` first; the numbers are of what was checked by then."""

    def __init__(self, db: Database, storage: Storage, trusted: Trusted) -> None:
        self._db, self._storage, self._trusted = db, storage, trusted
        self._checkpoints: Iterator[Checkpoint] = iter(())
        self._next: Checkpoint | None = None
        self.rows = self.seals = self.checkpoints = self.unsealed = 0
        self.sealed_until: datetime | None = None

    def faults(self, since: datetime | None = None) -> Iterator[Fault]:
        """All that is wrong, from the last seal before `since` on. Raises StorageUnavailable, DatabaseUnavailable."""
        before = self._start(since)
        self._checkpoints = published(self._storage, after=before["number"])
        self._next = next(self._checkpoints, None)
        rows = _Rows(self._rows(before))
        for seal in self._seals(before["number"]):
            if seal["floor_id"] != before["floor_id"]:
                yield from self._left_over(rows, before)
                rows = _Rows(self._rows({**seal, "last_xid": LOWEST, "last_id": LOWEST}))
            yield from self._faults_of_seal(seal, before)
            found = self._within(rows, seal)
            yield from faults_of_rows(seal, found, self._elsewhere(seal, found), before)
            yield from self._faults_of_checkpoints(seal)
            self.seals, self.sealed_until = self.seals + 1, seal["at"]
            before = seal
        yield from self._faults_of_tail(before)
        yield from self._faults_of_unsealed(rows)

    def _faults_of_unsealed(self, rows: "_Rows") -> Iterator[Fault]:
        oldest = datetime.max.replace(tzinfo=UTC)
        for row in rows.rest():
            self.unsealed, oldest = self.unsealed + 1, min(oldest, row["at"])
        if oldest < self._now() - LATE:
            words = f"{self.unsealed} rows are not sealed, the oldest since {oldest:%Y-%m-%d %H:%M} UTC. Start a relay with the key."
            yield Fault(Kind.UNSEALED, words)

    def _now(self) -> datetime:
        with self._db.read() as connection:
            now: datetime = connection.execute(select(func.now())).scalar_one()
        return now

    def _start(self, since: datetime | None) -> Mapping[Any, Any]:
        if since is None:
            return NOTHING
        earlier = select(audit_seal).where(audit_seal.c.at < since).order_by(audit_seal.c.number.desc()).limit(1)
        with self._db.read() as connection:
            return connection.execute(earlier).mappings().first() or NOTHING

    def _faults_of_seal(self, seal: Mapping[Any, Any], before: Mapping[Any, Any]) -> Iterator[Fault]:
        number = seal["number"]
        if not self._trusted.believes(seal["key"], seal["signature"], statement(seal).signed_bytes()):
            words = f"Seal {number} is not signed by a key that is trusted: what it covers may have been rewritten."
            yield Fault(Kind.FORGED_SEAL, words, seal=number)
        if number != before["number"] + 1:
            words = f"Between seal {before['number']} and seal {number} seals are missing."
            yield Fault(Kind.MISSING_SEAL, words, seal=number)
        else:
            yield from faults_of_list(seal, before)

    def _faults_of_checkpoints(self, seal: Mapping[Any, Any]) -> Iterator[Fault]:
        """Those of the checkpoints up to this seal."""
        while (kept := self._next) is not None and kept.number <= seal["number"]:
            self._next = next(self._checkpoints, None)
            if (fault := self._forged(kept)) is not None:
                yield fault
            elif kept.said is not None and kept.number == seal["number"] and kept.said.head != seal["head"]:
                words = f"The rows up to seal {kept.number} are not those that checkpoint {kept.name} proves: they were rewritten."
                yield Fault(Kind.REWRITTEN, words, seal=kept.number, checkpoint=kept.name)

    def _faults_of_tail(self, last: Mapping[Any, Any]) -> Iterator[Fault]:
        """Checkpoints prove seals that are not there."""
        missing: Checkpoint | None = None
        while (kept := self._next) is not None:
            self._next = next(self._checkpoints, None)
            if (fault := self._forged(kept)) is not None:
                yield fault
            else:
                missing = kept
        if missing is not None and missing.said is not None:
            said = missing.said
            words = (
                f"The record ends at seal {last['number']} with {last['rows']} rows. Checkpoint {missing.name} of "
                f"{said.at:%Y-%m-%d %H:%M:%S} UTC proves seal {said.number} with {said.rows} rows: the end was removed."
            )
            yield Fault(Kind.MISSING_TAIL, words, seal=said.number, checkpoint=missing.name)

    def _forged(self, kept: Checkpoint) -> Fault | None:
        self.checkpoints += 1
        said = kept.said if kept.said is not None and kept.said.number == kept.number else None
        if said is not None and self._trusted.believes(kept.key, kept.signature, said.signed_bytes()):
            return None
        words = f"Checkpoint {kept.name} is not what a trusted key has signed under this name: it is forged."
        return Fault(Kind.FORGED_CHECKPOINT, words, checkpoint=kept.name)

    def _left_over(self, rows: "_Rows", last: Mapping[Any, Any]) -> Iterator[Fault]:
        """Rows of an earlier cluster that no seal lists."""
        for row in rows.rest():
            words = f"Row {row['id']} was added after the last seal of the cluster before, {last['number']}."
            yield Fault(Kind.ADDED, words, row["id"], last["number"])

    def _seals(self, after: int) -> Iterator[Mapping[Any, Any]]:
        while True:
            page = select(audit_seal).where(audit_seal.c.number > after).order_by(audit_seal.c.number)
            with self._db.read() as connection:
                seals = connection.execute(page.limit(SEALS_AT_ONCE)).mappings().all()
            yield from seals
            if len(seals) < SEALS_AT_ONCE:
                return
            after = seals[-1]["number"]

    def _rows(self, after: Mapping[Any, Any]) -> Iterator[Mapping[Any, Any]]:
        """The rows after a seal, in order: those of its own cluster of PostgreSQL."""
        floor, place = after["floor_id"], (after["last_xid"], after["last_id"])
        with self._db.read() as connection:
            later = select(func.min(audit_seal.c.floor_id)).where(audit_seal.c.floor_id > floor)
            ceiling = connection.execute(later).scalar()
        own = [audit.c.id > floor] + ([audit.c.id <= ceiling] if ceiling is not None else [])
        while True:
            query = select(audit).where(tuple_(audit.c.xid, audit.c.id) > place, *own).order_by(audit.c.xid, audit.c.id)
            with self._db.read() as connection:
                page = connection.execute(query.limit(ROWS_AT_ONCE)).mappings().all()
            yield from page
            if len(page) < ROWS_AT_ONCE:
                return
            place = (page[-1]["xid"], page[-1]["id"])

    def _within(self, rows: "_Rows", seal: Mapping[Any, Any]) -> list[Mapping[Any, Any]]:
        """The rows up to the end of a seal."""
        found: list[Mapping[Any, Any]] = []
        for row in rows.up_to((seal["last_xid"], seal["last_id"])):
            self.rows += 1
            if len(found) < len(seal["ids"]) + MOST_ADDED:
                found.append(row)
        return found

    def _elsewhere(self, seal: Mapping[Any, Any], found: list[Mapping[Any, Any]]) -> frozenset[int]:
        """Which of the listed rows that are not in the seal's range are in the table all the same."""
        missing = set(seal["ids"]) - {row["id"] for row in found}
        if not missing:
            return frozenset()
        with self._db.read() as connection:
            return frozenset(connection.execute(select(audit.c.id).where(audit.c.id.in_(missing))).scalars())


class _Rows:
    """Rows in order, of which the next one can be looked at before it is taken."""

    def __init__(self, rows: Iterator[Mapping[Any, Any]]) -> None:
        self._rows = rows
        self._next = next(rows, None)

    def up_to(self, place: tuple[int, int]) -> Iterator[Mapping[Any, Any]]:
        """Take the rows up to that transaction and id."""
        while (row := self._next) is not None and (row["xid"], row["id"]) <= place:
            self._next = next(self._rows, None)
            yield row

    def rest(self) -> Iterator[Mapping[Any, Any]]:
        """Take all that are left."""
        while (row := self._next) is not None:
            self._next = next(self._rows, None)
            yield row
