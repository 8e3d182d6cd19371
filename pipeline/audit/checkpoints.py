"""Checkpoints: what the latest seals say, kept in the object store, where whoever owns the database cannot take them back."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import orjson
from sqlalchemy import select

from pipeline.audit.rules import Statement, statement_of
from pipeline.audit.sealing import statement
from pipeline.audit.tables import audit_seal
from pipeline.kernel.database import Database
from pipeline.kernel.storage import Storage

PREFIX: Final = "audit/"
"""Where checkpoints lie in the vault. No sweep deletes them."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """An object of the store that says where the chain was; `said` is None where it cannot be read."""

    name: str
    said: Statement | None
    key: str = ""
    signature: bytes = b""

    @property
    def number(self) -> int:
        """The seal that its name is of."""
        written = self.name.removeprefix(PREFIX).removesuffix(".json")
        return int(written) if written.isdecimal() else 0


def name_of(number: int) -> str:
    """The key of the checkpoint of a seal: in order as text, too."""
    return f"{PREFIX}{number:020d}.json"


def publish(db: Database, storage: Storage) -> Statement | None:
    """Put what the latest seal says into the vault; None where nothing is sealed yet. Twice is once."""
    with db.read() as connection:
        latest = connection.execute(select(audit_seal).order_by(audit_seal.c.number.desc()).limit(1)).mappings().first()
    if latest is None:
        return None
    said = statement(latest)
    body = {"statement": said.shown(), "key": latest["key"], "signature": latest["signature"].hex()}
    storage.put_vault(name_of(said.number), orjson.dumps(body), media_type="application/json")
    return said


def published(storage: Storage, *, after: int = 0) -> Iterator[Checkpoint]:
    """The checkpoints of later seals than `after`, in order; then what lies there under no name of a seal."""
    for name in sorted(key for key, _ in storage.listed(storage.vault, prefix=PREFIX)):
        if (number := Checkpoint(name, None).number) > after or not number:
            yield _read(name, storage.read(storage.vault, name))


def _read(name: str, body: bytes | None) -> Checkpoint:
    try:
        kept = orjson.loads(body or b"")
        return Checkpoint(name, statement_of(kept["statement"]), str(kept["key"]), bytes.fromhex(kept["signature"]))
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError):
        return Checkpoint(name, None)
