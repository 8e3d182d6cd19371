"""A pass over the buckets, in slices: each goes on from the mark in the database, and moves it with every page."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum, auto
from typing import Final

from pipeline.kernel.database import Database
from pipeline.kernel.storage import Storage
from pipeline.submission.deletions import PUBLIC, UPLOADS, VAULT
from pipeline.workflows.deletions import Deletions, needed_of
from pipeline.workflows.sweep_marks import Mark, mark_of, move

BUCKETS: Final = (VAULT, UPLOADS, PUBLIC)
"""In the order in which a pass goes over them."""

ENOUGH_REFUSALS: Final = 100
"""After so many a slice goes on with the next bucket: the store deletes nothing of this one."""


@dataclass(frozen=True, slots=True)
class Slice:
    """How much of a pass one task does: until so many objects were looked at, or for so many seconds. A page is done in full."""

    objects: int = 50_000
    seconds: float = 60.0
    page: int = 500


class Outcome(Enum):
    """How a slice ended: with more to do in this pass, or as the last of it. `OVERTAKEN`: another worker sweeps too, and that one goes on."""

    MORE = auto()
    FINISHED = auto()
    OVERTAKEN = auto()


@dataclass(slots=True)
class Swept:
    """What a slice did, and how much the store has refused in this pass so far."""

    outcome: Outcome = Outcome.MORE
    looked_at: int = 0
    refused: int = 0
    refusal: str | None = None
    deleted: dict[str, int] = field(default_factory=lambda: dict.fromkeys(BUCKETS, 0))


class _Overtaken(Exception):
    """The mark was moved meanwhile."""


class StorageSweep:
    """One slice. `ages` says, by the beginning of bucket and key, since when an object must have been written to stay in any case."""

    def __init__(self, db: Database, storage: Storage, *, ages: Mapping[str, datetime], part: Slice) -> None:
        self._db, self._storage, self._part = db, storage, part
        self._delete = Deletions(db, storage)
        self._ages = ages
        self._names = {VAULT: storage.vault, UPLOADS: storage.uploads, PUBLIC: storage.public}
        self._began = time.monotonic()
        self._mark = mark_of(db, start=BUCKETS[0])
        self._swept = Swept()

    def run(self) -> Swept:
        """Do one slice."""
        try:
            self._swept.outcome = self._slice()
        except _Overtaken:
            self._swept.outcome = Outcome.OVERTAKEN
        return self._swept

    def _slice(self) -> Outcome:
        for bucket in BUCKETS[BUCKETS.index(self._mark.bucket) :]:
            if bucket != self._mark.bucket:
                self._move(self._mark.at(bucket))
            if self._bucket(bucket):
                return Outcome.MORE
        self._move(Mark(BUCKETS[0]))
        return Outcome.FINISHED

    def _bucket(self, bucket: str) -> bool:
        """Go over a bucket from the mark on. True where the slice ended before the bucket did."""
        refused = 0
        for page in self._storage.pages(self._names[bucket], after=self._mark.after, size=self._part.page):
            if not page:
                continue
            reasons = self._page(bucket, page)
            self._move(self._mark.at(bucket, page[-1][0]).refused_more(reasons))
            refused += len(reasons)
            if self._is_full():
                return True
            if refused >= ENOUGH_REFUSALS:
                break
        return False

    def _page(self, bucket: str, page: Sequence[tuple[str, datetime]]) -> list[str]:
        """Delete what is old and not needed. Returns why some of it stays."""
        old = [key for key, written_at in page if written_at < self._kept_since(bucket, key)]
        with self._db.read() as connection:
            needed = needed_of(connection, bucket, old)  # most stay, and for these no lock is taken
        done = self._delete(bucket, [key for key in old if key not in needed])
        self._swept.looked_at += len(page)
        self._swept.deleted[bucket] += len(done.gone)
        return [str(refusal) for refusal in done.refused]

    def _kept_since(self, bucket: str, key: str) -> datetime:
        path = f"{bucket}/{key}"
        return next(since for start, since in self._ages.items() if path.startswith(start))

    def _move(self, mark: Mark) -> None:
        if not move(self._db, self._mark, mark):
            raise _Overtaken
        self._mark = mark
        if mark.refused:
            self._swept.refused, self._swept.refusal = mark.refused, mark.refusal

    def _is_full(self) -> bool:
        return self._swept.looked_at >= self._part.objects or time.monotonic() - self._began >= self._part.seconds
