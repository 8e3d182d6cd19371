"""Object storage: three buckets (DESIGN §6) of any S3 API: uploads, vault, public."""

import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError

from pipeline.kernel.circuit_breaker import Circuit
from pipeline.kernel.errors import Misconfigured, StorageCircuitOpen, StorageUnavailable
from pipeline.kernel.s3_client import origin_of

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import ListObjectsV2OutputTypeDef

CHUNK: Final = 256 * 1024
NO_STORE: Final = "private, no-store"
IMMUTABLE: Final = "public, max-age=31536000, immutable"
_SERVER_FAULT: Final = 500
_NO_CORS: Final = "NotImplemented"
_MISSING: Final = frozenset({"404", "NoSuchKey", "NotFound"})


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
        client: "S3Client",
        *,
        signer: "S3Client | None" = None,
        uploads: str,
        vault: str,
        public: str,
        vault_encryption: str | None,
        circuit: Circuit | None = None,
    ) -> None:
        self._client = client
        self._signer = signer or client
        self.uploads, self.vault, self.public = uploads, vault, public
        self._encryption = vault_encryption
        self.circuit = circuit or storage_circuit()

    def presign_put(self, key: str, *, media_type: str, length: int, seconds: int) -> PresignedPut:
        """A PUT into the quarantine with type and length signed: the store refuses any other."""
        params = {"Bucket": self.uploads, "Key": key, "ContentType": media_type, "ContentLength": length}
        url = self._signer.generate_presigned_url("put_object", Params=params, ExpiresIn=seconds)
        return PresignedPut(url, {"Content-Type": media_type, "Content-Length": str(length)})

    def presign_view(self, key: str, *, media_type: str, seconds: int) -> str:
        """A short-lived link to a rendition in the vault, never cached by the browser."""
        params = {
            "Bucket": self.vault,
            "Key": key,
            "ResponseContentType": media_type,
            "ResponseCacheControl": NO_STORE,
        }
        return self._signer.generate_presigned_url("get_object", Params=params, ExpiresIn=seconds)

    def download(self, bucket: str, key: str, to: Path, *, cap: int) -> Downloaded | None:
        """Stream an object into a file, and nothing of one that is longer than `cap` bytes; None where there is no object."""
        with self._asking():
            try:
                answer = self._client.get_object(Bucket=bucket, Key=key)
            except ClientError as error:
                if _code(error) in _MISSING:
                    return None
                raise
            length, written_at = answer["ContentLength"], answer["LastModified"]
            with answer["Body"] as body, to.open("wb") as file:
                if length <= cap:
                    shutil.copyfileobj(body, file, CHUNK)
        return Downloaded(length, written_at, cut=length > cap)

    def read(self, bucket: str, key: str) -> bytes | None:
        """An object of ours, whole; None where there is none."""
        with self._asking():
            try:
                return self._client.get_object(Bucket=bucket, Key=key)["Body"].read()
            except ClientError as error:
                if _code(error) in _MISSING:
                    return None
                raise

    def put_upload(self, key: str, body: bytes, *, media_type: str) -> None:
        """Put a member's file into the quarantine, as an upstream service would."""
        self._put(self.uploads, key, body, media_type)

    def put_vault(self, key: str, body: bytes, *, media_type: str) -> None:
        """Put a rendition into the vault, encrypted by the store where that is set."""
        extra = {"ServerSideEncryption": self._encryption} if self._encryption else {}
        self._put(self.vault, key, body, media_type, CacheControl=NO_STORE, **extra)

    def put_public(self, key: str, body: bytes, *, media_type: str) -> None:
        """Put a rendition where everybody may see it, under a name that says its content, to be cached for ever."""
        self._put(self.public, key, body, media_type, CacheControl=IMMUTABLE)

    def delete(self, bucket: str, key: str) -> None:
        """Remove an object; one that is not there is fine."""
        with self._asking():
            self._client.delete_object(Bucket=bucket, Key=key)

    def listed(self, bucket: str, *, prefix: str = "") -> Iterator[tuple[str, datetime]]:
        """Every key under a prefix with the time that it was written."""
        pages = iter(self._client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix))
        while page := self._page(pages):
            for item in page.get("Contents", []):
                yield item["Key"], item["LastModified"]

    def ensure_buckets(self) -> list[str]:
        """Make the buckets that are missing; their names."""
        with self._asking():
            present = {bucket["Name"] for bucket in self._client.list_buckets()["Buckets"]}
            made = [name for name in (self.uploads, self.vault, self.public) if name not in present]
            for name in made:
                self._client.create_bucket(Bucket=name)
        return made

    def let_pages_put(self, origins: Sequence[str]) -> str | None:
        """Let pages of these origins put files into the quarantine (CORS); the store's code where it will not be told."""
        rule = {
            "AllowedOrigins": list(origins),
            "AllowedMethods": ["PUT"],
            "AllowedHeaders": ["content-type"],
            "MaxAgeSeconds": 3600,
        }
        with self._asking():
            try:
                self._client.put_bucket_cors(Bucket=self.uploads, CORSConfiguration={"CORSRules": [rule]})  # type: ignore[list-item]
            except ClientError as error:
                if error.response["ResponseMetadata"]["HTTPStatusCode"] >= _SERVER_FAULT and _code(error) != _NO_CORS:
                    raise
                return _code(error)
        return None

    @property
    def outside(self) -> str:
        """The origin at which clients outside reach the store."""
        return origin_of(self._signer.meta.endpoint_url)

    def missing_buckets(self) -> list[str]:
        """Which of the three buckets cannot be reached."""
        missing = []
        with self._asking():
            for name in (self.uploads, self.vault, self.public):
                try:
                    self._client.head_bucket(Bucket=name)
                except ClientError as error:
                    if _code(error) not in {*_MISSING, "NoSuchBucket"}:
                        raise
                    missing.append(name)
        return missing

    def require_buckets(self) -> None:
        """Raises Misconfigured where one of the three buckets is missing."""
        if missing := self.missing_buckets():
            raise Misconfigured(f"The buckets {', '.join(missing)} are missing. Make them with: proofdesk migrate")

    def close(self) -> None:
        """Close the connections."""
        self._client.close()
        self._signer.close()

    def _page(self, pages: "Iterator[ListObjectsV2OutputTypeDef]") -> "ListObjectsV2OutputTypeDef | None":
        with self._asking():
            return next(pages, None)

    @contextmanager
    def _asking(self) -> Iterator[None]:
        with self.circuit.calling(), _translated():
            yield

    def _put(self, bucket: str, key: str, body: bytes, media_type: str, **extra: Any) -> None:
        with self._asking():
            self._client.put_object(Bucket=bucket, Key=key, Body=body, ContentType=media_type, **extra)


def storage_circuit(**numbers: Any) -> Circuit:
    """The circuit round an object store."""
    return Circuit("object store", away=(StorageUnavailable,), refusal=StorageCircuitOpen, **numbers)


def _code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except ClientError as error:
        raise StorageUnavailable(f"The object store answered {_code(error)}.") from error
    except (BotoCoreError, HTTPClientError) as error:
        raise StorageUnavailable(f"The object store cannot be reached: {type(error).__name__}.") from error
