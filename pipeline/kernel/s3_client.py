"""The S3 library, boto3, behind the interface `S3` of storage.py. No other module of the product imports it."""

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote, urlsplit

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError

from pipeline.kernel.errors import Misconfigured, StorageUnavailable
from pipeline.kernel.storage import S3, OpenObject

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_SERVER_FAULT: Final = 500
_NO_CORS: Final = "NotImplemented"
_THERE_ALREADY: Final = frozenset({"412", "PreconditionFailed"})
_MISSING: Final = frozenset({"404", "NoSuchKey", "NotFound"})


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except ClientError as error:
        raise StorageUnavailable(f"The object store answered {_code(error)}.") from error
    except (BotoCoreError, HTTPClientError) as error:
        raise StorageUnavailable(f"The object store cannot be reached: {type(error).__name__}.") from error


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

    def presign_get(self, bucket: str, key: str, *, media_type: str, cache_control: str, seconds: int) -> str:
        answer = {"ResponseContentType": media_type, "ResponseCacheControl": cache_control}
        params = {"Bucket": bucket, "Key": key, **answer}
        return self._client.generate_presigned_url("get_object", Params=params, ExpiresIn=seconds)

    @contextmanager
    def open(self, bucket: str, key: str) -> Iterator[OpenObject | None]:
        with _translated():
            try:
                answer = self._client.get_object(Bucket=bucket, Key=key)
            except ClientError as error:
                if _code(error) not in _MISSING:
                    raise
                answer = None
            if answer is None:
                yield None
                return
            with closing(
                answer["Body"]
            ) as body:  # as a context manager itself it gives the bare connection, which checks no length
                yield OpenObject(answer["ContentLength"], answer["LastModified"], body)

    @_translated()
    def put(
        self, bucket: str, key: str, body: bytes, *, media_type: str, cache_control: str | None, encryption: str | None
    ) -> None:
        given = {"CacheControl": cache_control, "ServerSideEncryption": encryption}
        extra: dict[str, Any] = {name: value for name, value in given.items() if value}
        self._client.put_object(Bucket=bucket, Key=key, Body=body, ContentType=media_type, **extra)

    @_translated()
    def puts_once(self, bucket: str, key: str) -> bool:
        try:
            for _ in range(2):
                self._client.put_object(Bucket=bucket, Key=key, Body=b"", IfNoneMatch="*")
        except ClientError as error:
            if _code(error) not in _THERE_ALREADY:
                raise
            return True
        finally:
            self._client.delete_object(Bucket=bucket, Key=key)
        return False

    @_translated()
    def delete(self, bucket: str, key: str) -> None:
        self._client.delete_object(Bucket=bucket, Key=key)

    def pages(self, bucket: str, prefix: str) -> Iterator[Sequence[tuple[str, datetime]]]:
        with _translated():
            for page in self._client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
                yield [(item["Key"], item["LastModified"]) for item in page.get("Contents", [])]

    @_translated()
    def buckets(self) -> set[str]:
        return {bucket["Name"] for bucket in self._client.list_buckets()["Buckets"]}

    @_translated()
    def has_bucket(self, bucket: str) -> bool:
        try:
            self._client.head_bucket(Bucket=bucket)
        except ClientError as error:
            if _code(error) not in {*_MISSING, "NoSuchBucket"}:
                raise
            return False
        return True

    @_translated()
    def make_bucket(self, bucket: str) -> None:
        self._client.create_bucket(Bucket=bucket)

    @_translated()
    def let_pages_put(self, bucket: str, origins: Sequence[str]) -> str | None:
        rule = {
            "AllowedOrigins": list(origins),
            "AllowedMethods": ["PUT"],
            "AllowedHeaders": ["content-type", "if-none-match"],
            "MaxAgeSeconds": 3600,
        }
        try:
            self._client.put_bucket_cors(Bucket=bucket, CORSConfiguration={"CORSRules": [rule]})  # type: ignore[list-item]
        except ClientError as error:
            if error.response["ResponseMetadata"]["HTTPStatusCode"] >= _SERVER_FAULT and _code(error) != _NO_CORS:
                raise
            return _code(error)
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


def _code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))
