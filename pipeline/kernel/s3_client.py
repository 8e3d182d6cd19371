"""The S3 library, boto3, behind the interface `S3` of s3_protocol.py. Its errors are translated in s3_errors.py."""

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote, urlsplit

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from pipeline.kernel.errors import Misconfigured, StorageRefused
from pipeline.kernel.rules.object_store import Meaning, meaning_of
from pipeline.kernel.s3_errors import code_of, status_of, translated
from pipeline.kernel.s3_protocol import S3, OpenObject

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_THERE_ALREADY: Final = frozenset({"412", "PreconditionFailed"})
_PROBE: Final = ".proofdesk-no-such-object"
"""A key that no object has. Who may read is told that there is none; who may not is refused."""


class _Boto3:
    """boto3's client as an `S3`."""

    def __init__(self, client: "S3Client") -> None:
        self._client = client
        self.endpoint = client.meta.endpoint_url

    def presign_put(self, bucket: str, key: str, *, media_type: str, length: int, seconds: int, once: bool) -> str:
        params = {"Bucket": bucket, "Key": key, "ContentType": media_type, "ContentLength": length}
        if once:
            params["IfNoneMatch"] = "*"
        return self._client.generate_presigned_url("put_object", Params=params, ExpiresIn=seconds)

    @contextmanager
    def open(self, bucket: str, key: str) -> Iterator[OpenObject | None]:
        with translated(bucket, key):
            try:
                answer = self._client.get_object(Bucket=bucket, Key=key)
            except ClientError as error:
                if meaning_of(code_of(error), status_of(error)) is not Meaning.MISSING:
                    raise
                answer = None
            if answer is None:
                yield None
                return
            with closing(
                answer["Body"]
            ) as body:  # as a context manager itself it gives the bare connection, which checks no length
                yield OpenObject(answer["ContentLength"], answer["LastModified"], body)

    def put(
        self, bucket: str, key: str, body: bytes, *, media_type: str, cache_control: str | None, encryption: str | None
    ) -> None:
        given = {"CacheControl": cache_control, "ServerSideEncryption": encryption}
        extra: dict[str, Any] = {name: value for name, value in given.items() if value}
        with translated(bucket, key):
            self._client.put_object(Bucket=bucket, Key=key, Body=body, ContentType=media_type, **extra)

    def puts_once(self, bucket: str, key: str) -> bool:
        try:
            for _ in range(2):
                with translated(bucket, key):
                    self._client.put_object(Bucket=bucket, Key=key, Body=b"", IfNoneMatch="*")
        except StorageRefused as refusal:
            if refusal.reason not in _THERE_ALREADY:
                raise
            return True
        finally:
            self.delete(bucket, key)
        return False

    def delete(self, bucket: str, key: str) -> None:
        with translated(bucket, key):
            try:
                self._client.delete_object(Bucket=bucket, Key=key)
            except ClientError as error:
                if meaning_of(code_of(error), status_of(error)) is not Meaning.MISSING:
                    raise

    def pages(self, bucket: str, prefix: str, after: str, size: int) -> Iterator[Sequence[tuple[str, datetime]]]:
        asked: dict[str, Any] = {"Bucket": bucket, "Prefix": prefix, "PaginationConfig": {"PageSize": size}}
        if after:
            asked["StartAfter"] = after
        with translated(bucket):
            for page in self._client.get_paginator("list_objects_v2").paginate(**asked):
                yield [(item["Key"], item["LastModified"]) for item in page.get("Contents", [])]

    def buckets(self) -> set[str]:
        with translated("*"):
            return {bucket["Name"] for bucket in self._client.list_buckets()["Buckets"]}

    def check_bucket(self, bucket: str) -> str | None:
        try:
            with translated(bucket):
                self._client.head_bucket(Bucket=bucket)
            with self.open(bucket, _PROBE):
                return None
        except StorageRefused as refusal:
            return refusal.reason if refusal.reason.isalpha() else self._reason(bucket, refusal.reason)

    def _reason(self, bucket: str, status: str) -> str:
        """Why a HEAD was refused: it has no body, so its answer is only a status. A list has words. Raises StorageUnavailable."""
        try:
            with translated(bucket):
                self._client.list_objects_v2(Bucket=bucket, MaxKeys=1)
        except StorageRefused as refusal:
            return refusal.reason
        return status

    def make_bucket(self, bucket: str) -> None:
        with translated(bucket):
            self._client.create_bucket(Bucket=bucket)

    def let_pages_put(self, bucket: str, origins: Sequence[str]) -> str | None:
        rule = {
            "AllowedOrigins": list(origins),
            "AllowedMethods": ["PUT"],
            "AllowedHeaders": ["content-type", "if-none-match"],
            "MaxAgeSeconds": 3600,
        }
        try:
            with translated(bucket):
                self._client.put_bucket_cors(Bucket=bucket, CORSConfiguration={"CORSRules": [rule]})  # type: ignore[list-item]
        except StorageRefused as refusal:
            return refusal.reason
        return None

    def close(self) -> None:
        self._client.close()


def s3_client(url: str) -> S3:
    """A client for `http(s)://ACCESS:SECRET@host[:port]/?region=…`; without credentials the SDK's own chain is asked.

    Made once a process, after fork. Time-outs are shorter than any lease. Raises Misconfigured.
    """
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise Misconfigured("PROOFDESK_STORAGE_URL must look like https://ACCESS:SECRET@host:port/?region=eu-central-1")
    region = dict(pair.split("=", 1) for pair in parts.query.split("&") if "=" in pair).get("region", "us-east-1")
    host = f"{parts.hostname}:{parts.port}" if parts.port else parts.hostname
    client = boto3.client(
        "s3",
        endpoint_url=f"{parts.scheme}://{host}",
        aws_access_key_id=unquote(parts.username) if parts.username else None,
        aws_secret_access_key=unquote(parts.password) if parts.password else None,
        region_name=region,
        config=Config(
            signature_version="s3v4",
            connect_timeout=3,
            read_timeout=8,
            retries={"total_max_attempts": 2, "mode": "standard"},
            s3={"addressing_style": "path"},
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
            max_pool_connections=8,
        ),
    )
    return _Boto3(client)
