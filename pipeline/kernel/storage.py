"""Object storage: three buckets (DESIGN §6) of any S3 API: uploads, vault, public. No S3 library is named here."""

import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit
from uuid import uuid4

from pipeline.kernel.circuit_breaker import Circuit
from pipeline.kernel.errors import (
    Misconfigured,
    StorageCircuitOpen,
    StorageMisconfigured,
    StorageRefused,
    StorageUnavailable,
)
from pipeline.kernel.rules.object_store import NO_SUCH_BUCKET, is_plain_name
from pipeline.kernel.s3_protocol import S3
from schemas.object_keys import is_sound_key

CHUNK: Final = 256 * 1024
PAGE: Final = 1000
"""As many keys as a store tells at once."""

NO_STORE: Final = "private, no-store"
IMMUTABLE: Final = "public, max-age=31536000, immutable"
PICTURE: Final = "public, max-age=3600"
"""A public picture never changes under its name, and may be taken down: within the hour everybody asks for it again."""
_NO_BUCKET: Final = frozenset({"404", NO_SUCH_BUCKET})
_PROBE: Final = b"Proofdesk tries its rights."


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
    """The three buckets, behind a circuit. Each method is one call to the store.

    Raises StorageUnavailable when the store is away: only this counts for the circuit. Raises StorageRefused when the store is there
    and refuses the request, and StorageMisconfigured when that is due to our settings.

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

    def download(self, bucket: str, key: str, to: Path, *, cap: int) -> Downloaded | None:
        """Stream an object into a file, and nothing of one that is longer than `cap` bytes; None where there is no object."""
        _require_sound(key)
        with self.circuit.calling(), self._s3.open(bucket, key) as found:
            if found is None:
                return None
            with to.open("wb") as file:
                if found.bytes <= cap:
                    shutil.copyfileobj(found.body, file, CHUNK)
        return Downloaded(found.bytes, found.written_at, cut=found.bytes > cap)

    def read(self, bucket: str, key: str) -> bytes | None:
        """An object of ours, whole; None where there is none."""
        _require_sound(key)
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
        """Put a rendition where everybody may see it, under a name that says its content."""
        self._put(self.public, key, body, media_type, cache_control=PICTURE)

    def delete(self, bucket: str, key: str) -> None:
        """Remove an object; one that is not there is fine."""
        with self.circuit.calling():
            self._s3.delete(bucket, key)

    def listed(self, bucket: str, *, prefix: str = "") -> Iterator[tuple[str, datetime]]:
        """Every key under a prefix with the time that it was written."""
        for page in self.pages(bucket, prefix=prefix):
            yield from page

    def pages(
        self, bucket: str, *, prefix: str = "", after: str = "", size: int = PAGE
    ) -> Iterator[Sequence[tuple[str, datetime]]]:
        """The same by pages of at most so many keys, in the order of the keys, from behind the key `after` on."""
        pages = self._s3.pages(bucket, prefix, after, size)
        while (page := self._next(pages)) is not None:
            yield page

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

    def require_buckets(self) -> None:
        """Raises Misconfigured, with what to do, where one of the three buckets is missing or cannot be read with our settings."""
        buckets = (self.uploads, self.vault, self.public)
        with self.circuit.calling():
            found = {name: reason for name in buckets if (reason := self._s3.check_bucket(name))}
        missing = [name for name, reason in found.items() if reason in _NO_BUCKET]
        refused = [f"{name} ({reason})" for name, reason in found.items() if reason not in _NO_BUCKET]
        if missing:
            raise Misconfigured(f"The buckets {', '.join(missing)} are missing. Make them with: proofdesk migrate")
        if refused:
            raise Misconfigured(
                f"The object store refuses the buckets {', '.join(refused)}. "
                "Correct the key and the region in PROOFDESK_STORAGE_URL, or the rights of that key."
            )

    def require_rights(self, bucket: str, *, near: str = "") -> None:
        """Write, read and delete an object of our own in the folder of the key `near`. Raises StorageMisconfigured where that is refused."""
        folders = [each for each in near.split("/")[:-1] if is_plain_name(each)]
        key = "/".join([*folders, f"proofdesk-probe-{uuid4()}"])
        try:
            self._put(bucket, key, _PROBE, "text/plain", encryption=self._encryption if bucket == self.vault else None)
            readable = self.read(bucket, key) == _PROBE
            self.delete(bucket, key)
        except StorageMisconfigured:
            raise
        except StorageRefused as refusal:
            raise StorageMisconfigured(
                f"The object store refuses an object of our own in the bucket {bucket!r} too ({refusal.reason}). "
                "Correct PROOFDESK_STORAGE_URL or the rights of its key; see: proofdesk doctor",
                reason=refusal.reason,
            ) from refusal
        if not readable:
            raise StorageMisconfigured(
                f"The bucket {bucket!r} gives back other bytes than were written.", reason="damaged"
            )

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
        _require_sound(key)
        with self.circuit.calling():
            self._s3.put(bucket, key, body, media_type=media_type, cache_control=cache_control, encryption=encryption)


def _require_sound(key: str) -> None:
    """Refuse a key that no store takes, without asking the store. Keys of objects to delete come from the store itself."""
    if not is_sound_key(key):
        raise StorageRefused("This is no key of an object.", reason="InvalidKey")


def storage_circuit(**numbers: Any) -> Circuit:
    """The circuit round an object store."""
    return Circuit("object store", away=(StorageUnavailable,), refusal=StorageCircuitOpen, **numbers)


def origin_of(url: str) -> str:
    """The origin of an address, as browsers write it: without user, password and path."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
