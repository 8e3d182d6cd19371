"""How the record is written down to be proven: one form of each row, its digest, the chain of seals, and what is signed."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

DIGEST_BYTES: Final = 32
START: Final = bytes(DIGEST_BYTES)
"""The chain's value before its first seal."""

_ROW: Final = b"proofdesk audit row 1\n"
_CHAIN: Final = b"proofdesk audit chain 1\n"
_STATEMENT: Final = b"proofdesk audit seal 1\n"


@dataclass(frozen=True, slots=True)
class Statement:
    """What a signature says: after this seal the chain has this value, and covers so many rows up to that place."""

    number: int
    at: datetime
    floor_id: int
    last_xid: int
    last_id: int
    rows: int
    head: bytes

    def signed_bytes(self) -> bytes:
        """What is signed."""
        return _STATEMENT + canonical(self.shown())

    def shown(self) -> dict[str, Any]:
        """The statement as JSON."""
        return {
            "number": self.number,
            "at": _written(self.at),
            "floor_id": self.floor_id,
            "last_xid": self.last_xid,
            "last_id": self.last_id,
            "rows": self.rows,
            "head": self.head.hex(),
        }


def statement_of(shown: Mapping[Any, Any]) -> Statement:
    """The statement that was written as JSON. Raises ValueError, KeyError, TypeError where it is none."""
    return Statement(
        number=int(shown["number"]),
        at=datetime.fromisoformat(shown["at"]),
        floor_id=int(shown["floor_id"]),
        last_xid=int(shown["last_xid"]),
        last_id=int(shown["last_id"]),
        rows=int(shown["rows"]),
        head=bytes.fromhex(shown["head"]),
    )


def canonical(value: Any) -> bytes:
    """One form of a value, whatever the order in which PostgreSQL or JSON gave its keys."""
    return json.dumps(value, default=_written, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def row_digest(row: Mapping[Any, Any]) -> bytes:
    """SHA-256 of a row's columns by name. Empty ones are left out: a column that a later version adds changes no earlier digest."""
    present = {name: value for name, value in row.items() if value is not None}
    return hashlib.sha256(_ROW + canonical(present)).digest()


def next_head(head: bytes, number: int, rows: Iterable[tuple[int, bytes]]) -> bytes:
    """The chain's value after a seal of these rows, each an id and a digest, in their order."""
    chained = hashlib.sha256(_CHAIN + head + number.to_bytes(8, "big"))
    for row_id, digest in rows:
        chained.update(row_id.to_bytes(8, "big", signed=True) + digest)
    return chained.digest()


def split(digests: bytes) -> list[bytes]:
    """Digests that were kept one after another."""
    return [digests[start : start + DIGEST_BYTES] for start in range(0, len(digests), DIGEST_BYTES)]


def _written(value: object) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    if isinstance(value, UUID):
        return str(value)
    raise TypeError(f"The record has no form for {type(value).__name__}.")
