"""The real store, in which something happens just before an object is deleted or listed, or after one was put."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from config.container import Container
from pipeline.kernel.storage import PAGE, Storage
from tests.support.servers import variant

Happens = Callable[[], object]


class MeddledStorage(Storage):
    """Each thing happens once."""

    def over(self, storage: Storage) -> "MeddledStorage":
        vars(self).update(vars(storage))
        self.before_delete: dict[str, Happens] = {}
        self.after_puts: dict[int, Happens] = {}
        self.before_pages: list[Happens] = []
        self.puts, self.listed_after = 0, list[str]()
        self.aged = timedelta()
        return self

    def delete(self, bucket: str, key: str) -> None:
        self.before_delete.pop(key, bool)()
        super().delete(bucket, key)

    def put_public(self, key: str, body: bytes, *, media_type: str) -> None:
        super().put_public(key, body, media_type=media_type)
        self.puts += 1
        self.after_puts.pop(self.puts, bool)()

    def pages(
        self, bucket: str, *, prefix: str = "", after: str = "", size: int = PAGE
    ) -> Iterator[Sequence[tuple[str, datetime]]]:
        for page in super().pages(bucket, prefix=prefix, after=after, size=size):
            (self.before_pages.pop(0) if self.before_pages else bool)()
            self.listed_after.append(after)
            yield [(key, written_at - self.aged) for key, written_at in page]


def meddled(tools: Container, **settings: Any) -> tuple[Container, MeddledStorage]:
    """The same servers through such a store."""
    made = variant(tools, **settings)
    storage = MeddledStorage.__new__(MeddledStorage).over(tools.storage)
    vars(made)["storage"] = storage
    return made, storage
