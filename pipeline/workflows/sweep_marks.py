"""How far the sweep of the object store has come. The mark is in the database: whoever sweeps next goes on from it."""

from dataclasses import dataclass, replace
from typing import Final

from sqlalchemy import Column, Integer, Table, Text, func, select, update
from sqlalchemy.dialects.postgresql import insert

from pipeline.kernel.database import Database, Instant, metadata

sweep_mark: Final = Table(
    "sweep_mark",
    metadata,
    Column("name", Text, primary_key=True),
    Column("bucket", Text, nullable=False),
    Column("after", Text, nullable=False),
    Column("refused", Integer, nullable=False, server_default="0"),
    Column("refusal", Text),
    Column("moved_at", Instant, nullable=False, server_default=func.now()),
)
"""One row for each sweep, changed in place. `after` is the last key that was looked at; `refused` counts, for the whole pass, what the
store did not delete, and `refusal` says why the first of it stays."""

NAME: Final = "storage"


@dataclass(frozen=True, slots=True)
class Mark:
    """A place in a pass over the buckets."""

    bucket: str
    after: str = ""
    refused: int = 0
    refusal: str | None = None

    def at(self, bucket: str, after: str = "") -> "Mark":
        """Further on in the same pass."""
        return replace(self, bucket=bucket, after=after)

    def refused_more(self, reasons: list[str]) -> "Mark":
        """With what the store did not delete."""
        first = self.refusal or (reasons[0] if reasons else None)
        return replace(self, refused=self.refused + len(reasons), refusal=first)


def mark_of(db: Database, *, start: str) -> Mark:
    """Where the pass is; at its beginning, in the bucket `start`, where none is under way."""
    columns = (sweep_mark.c.bucket, sweep_mark.c.after, sweep_mark.c.refused, sweep_mark.c.refusal)
    with db.begin() as connection:
        connection.execute(insert(sweep_mark).values(name=NAME, bucket=start, after="").on_conflict_do_nothing())
        return Mark(*connection.execute(select(*columns).where(sweep_mark.c.name == NAME)).one())


def move(db: Database, old: Mark, new: Mark) -> bool:
    """Set the mark, unless another worker has moved it meanwhile: of two that sweep one goes on."""
    here = (sweep_mark.c.name == NAME, sweep_mark.c.bucket == old.bucket, sweep_mark.c.after == old.after)
    values = {"bucket": new.bucket, "after": new.after, "refused": new.refused, "refusal": new.refusal}
    with db.begin() as connection:
        moved = connection.execute(update(sweep_mark).where(*here).values(**values, moved_at=func.now()))
    return moved.rowcount == 1
