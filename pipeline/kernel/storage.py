"""Object storage: three buckets (DESIGN §6) of any S3 API: uploads, vault, public. No S3 library is named here."""

import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final, Protocol
from urllib.parse import urlsplit
from uuid import uuid4

from pipeline.kernel.circuit_breaker import Circuit
from pipeline.kernel.errors import Misconfigured, StorageCircuitOpen, StorageUnavailable

CHUNK: Final = 256 * 1024
NO_STORE: Final = "private, no-store"
IMMUTABLE: Final = "public, max-age=31536000, immutable"


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
    """An S3 library as `Storage` needs it. Each method raises StorageUnavailable when the store is away or answers with a fault."""

    @property
    def endpoint(self) -> str:
        """The address of the store."""

    def presign_put(self, bucket: str, key: str, *, media_type: str, length: int, seconds: int, once: bool) -> str:
        """A link that takes a PUT of exactly this type and length, and `once`: only while there is no object (`If-None-Match: *`)."""

    def presign_get(self, bucket: str, key: str, *, media_type: str, cache_control: str, seconds: int) -> str:
        """A link to an object, whose answer has these headers."""

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

    def pages(self, bucket: str, prefix: str) -> Iterator[Sequence[tuple[str, datetime]]]:
        """The keys under a prefix with the times that they were written, a request for each page."""

    def buckets(self) -> set[str]:
        """The names of the buckets."""

    def has_bucket(self, bucket: str) -> bool:
        """Whether that bucket can be reached."""

    def make_bucket(self, bucket: str) -> None:
        """Make a bucket."""

    def let_pages_put(self, bucket: str, origins: Sequence[str]) -> str | None:
        """Let pages of these origins send PUTs with a content type (CORS); the store's code where it refuses."""

    def close(self) -> None:
        """Close the connections."""


@dataclass(frozen=True, slots=True)
class Downloaded:
    """An object that was asked for: its length in bytes and when it was written; `cut` where it is longer than the cap."""

    bytes: int
    written_at: datetime
    cut: bool


@dataclass(frozen=True, slots=True)
class PresignedPut:
    """Where and how a client may put one object: the headers must be sent exactly as they are here."""

    url: str
    headers: Mapping[str, str]


class Storage:
    """The three buckets, behind a circuit. Each method is one call to the store; raises StorageUnavailable when the store fails.

    `signer` makes the links for clients outside, where those reach the store by another address than we do.
    """

    def __init__(
        self,
        s3: S3,
        *,
        signer: S3 | None = None,
        uploads: str,
        vault: str,
        public: str,
        vault_encryption: str | None,
        put_once: bool = True,
        circuit: Circuit | None = None,
    ) -> None:
        self._s3, self._signer = s3, signer or s3
        self.uploads, self.vault, self.public = uploads, vault, public
        self._encryption, self._put_once = vault_encryption, put_once
        self.circuit = circuit or storage_circuit()

    def presign_put(self, key: str, *, media_type: str, length: int, seconds: int) -> PresignedPut:
        """A PUT into the quarantine with type and length signed: the store refuses any other, and a second one."""
        once = self._put_once
        url = self._signer.presign_put(
            self.uploads, key, media_type=media_type, length=length, seconds=seconds, once=once
        )
        condition = {"If-None-Match": "*"} if once else {}
        return PresignedPut(url, {"Content-Type": media_type, "Content-Length": str(length), **condition})

    def presign_view(self, key: str, *, media_type: str, seconds: int) -> str:
        """A short-lived link to a rendition in the vault, never cached by the browser."""
        return self._signer.presign_get(self.vault, key, media_type=media_type, cache_control=NO_STORE, seconds=seconds)

    def download(self, bucket: str, key: str, to: Path, *, cap: int) -> Downloaded | None:
        """Stream an object into a file, and nothing of one that is longer than `cap` bytes; None where there is no object."""
        with self.circuit.calling(), self._s3.open(bucket, key) as found:
            if found is None:
                return None
            with to.open("wb") as file:
                if found.bytes <= cap:
                    shutil.copyfileobj(found.body, file, CHUNK)
        return Downloaded(found.bytes, found.written_at, cut=found.bytes > cap)

    def read(self, bucket: str, key: str) -> bytes | None:
        """An object of ours, whole; None where there is none."""
        with self.circuit.calling(), self._s3.open(bucket, key) as found:
            return None if found is None else found.body.read()

    def put_upload(self, key: str, body: bytes, *, media_type: str) -> None:
        """Put a member's file into the quarantine, as an upstream service would."""
        self._put(self.uploads, key, body, media_type)

    def keep_original(self, key: str, path: Path, *, media_type: str) -> None:
        """Put the file that was inspected where no link that was ever given out leads."""
        self._put(self.uploads, key, path.read_bytes(), media_type)

    def written_at(self, bucket: str, key: str) -> datetime | None:
        """When an object was written; None where there is none."""
        return next((at for found, at in self.listed(bucket, prefix=key) if found == key), None)

    def puts_once(self) -> bool:
        """Whether the store refuses a second PUT to the same key of the quarantine."""
        with self.circuit.calling():
            return self._s3.puts_once(self.uploads, f"probe/{uuid4()}")

    def put_vault(self, key: str, body: bytes, *, media_type: str) -> None:
        """Put a rendition into the vault, encrypted by the store where that is set."""
        self._put(self.vault, key, body, media_type, cache_control=NO_STORE, encryption=self._encryption)

    def put_public(self, key: str, body: bytes, *, media_type: str) -> None:
        """Put a rendition where everybody may see it, under a name that says its content, to be cached for ever."""
        self._put(self.public, key, body, media_type, cache_control=IMMUTABLE)

    def delete(self, bucket: str, key: str) -> None:
        """Remove an object; one that is not there is fine."""
        with self.circuit.calling():
            self._s3.delete(bucket, key)

    def listed(self, bucket: str, *, prefix: str = "") -> Iterator[tuple[str, datetime]]:
        """Every key under a prefix with the time that it was written."""
        pages = self._s3.pages(bucket, prefix)
        while (page := self._next(pages)) is not None:
            yield from page

    def ensure_buckets(self) -> list[str]:
        """Make the buckets that are missing; their names."""
        with self.circuit.calling():
            present = self._s3.buckets()
            made = [name for name in (self.uploads, self.vault, self.public) if name not in present]
            for name in made:
                self._s3.make_bucket(name)
        return made

    def let_pages_put(self, origins: Sequence[str]) -> str | None:
        """Let pages of these origins put files into the quarantine (CORS); the store's code where it will not be told."""
        with self.circuit.calling():
            return self._s3.let_pages_put(self.uploads, origins)

    @property
    def outside(self) -> str:
        """The origin at which clients outside reach the store."""
        return origin_of(self._signer.endpoint)

    def missing_buckets(self) -> list[str]:
        """Which of the three buckets cannot be reached."""
        with self.circuit.calling():
            return [name for name in (self.uploads, self.vault, self.public) if not self._s3.has_bucket(name)]

    def require_buckets(self) -> None:
        """Raises Misconfigured where one of the three buckets is missing."""
        if missing := self.missing_buckets():
            raise Misconfigured(f"The buckets {', '.join(missing)} are missing. Make them with: proofdesk migrate")

    def close(self) -> None:
        """Close the connections."""
        self._s3.close()
        self._signer.close()

    def _next(self, pages: Iterator[Sequence[tuple[str, datetime]]]) -> Sequence[tuple[str, datetime]] | None:
        with self.circuit.calling():
            return next(pages, None)

    def _put(
        self,
        bucket: str,
        key: str,
        body: bytes,
        media_type: str,
        *,
        cache_control: str | None = None,
        encryption: str | None = None,
    ) -> None:
        with self.circuit.calling():
            self._s3.put(bucket, key, body, media_type=media_type, cache_control=cache_control, encryption=encryption)


def storage_circuit(**numbers: Any) -> Circuit:
    """The circuit round an object store."""
    return Circuit("object store", away=(StorageUnavailable,), refusal=StorageCircuitOpen, **numbers)


def origin_of(url: str) -> str:
    """The origin of an address, as browsers write it: without user, password and path."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
