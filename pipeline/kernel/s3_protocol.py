"""What `Storage` needs of an S3 library. `s3_client.py` does it with boto3."""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


class Body(Protocol):
    """The bytes of an object, as they arrive."""

    def read(self, size: int = -1, /) -> bytes:
        """At most `size` bytes, or all that are left."""


@dataclass(frozen=True, slots=True)
class OpenObject:
    """An object that is being read: its length in bytes and when it was written."""

    bytes: int
    written_at: datetime
    body: Body


class S3(Protocol):
    """An S3 library as `Storage` needs it.

    Each method raises StorageUnavailable when the store is away or answers with a fault of its own, StorageMisconfigured when it
    refuses our settings, and StorageRefused when it refuses this one request.
    """

    @property
    def endpoint(self) -> str:
        """The address of the store."""

    def presign_put(self, bucket: str, key: str, *, media_type: str, length: int, seconds: int, once: bool) -> str:
        """A link that takes a PUT of exactly this type and length, and `once`: only while there is no object (`If-None-Match: *`)."""

    def open(self, bucket: str, key: str) -> AbstractContextManager[OpenObject | None]:
        """An object to read; None where there is none."""

    def put(
        self, bucket: str, key: str, body: bytes, *, media_type: str, cache_control: str | None, encryption: str | None
    ) -> None:
        """Write an object."""

    def puts_once(self, bucket: str, key: str) -> bool:
        """Whether the store refuses to put an object where there is one, if it is asked to; tried with a key that is free."""

    def delete(self, bucket: str, key: str) -> None:
        """Remove an object; one that is not there is fine."""

    def pages(self, bucket: str, prefix: str, after: str, size: int) -> Iterator[Sequence[tuple[str, datetime]]]:
        """The keys under a prefix and behind the key `after` with the times that they were written, a request for each page of `size`."""

    def buckets(self) -> set[str]:
        """The names of the buckets."""

    def check_bucket(self, bucket: str) -> str | None:
        """Why that bucket cannot be read, as the store's code; None where it can. Only an outage raises."""

    def make_bucket(self, bucket: str) -> None:
        """Make a bucket."""

    def let_pages_put(self, bucket: str, origins: Sequence[str]) -> str | None:
        """Let pages of these origins send PUTs with a content type (CORS); the store's code where it refuses."""

    def close(self) -> None:
        """Close the connections."""
