from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

import boto3
from botocore.config import Config

from pipeline.kernel.errors import Misconfigured

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


def s3_client(url: str) -> "S3Client":
    """A client for `http(s)://ACCESS:SECRET@host[:port]/?region=…`; without credentials the SDK's own chain is asked.

    Made once a process, after fork. Time-outs are shorter than any lease. Raises Misconfigured.
    """
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise Misconfigured("PROOFDESK_STORAGE_URL must look like https://ACCESS:SECRET@host:port/?region=eu-central-1")
    region = dict(pair.split("=", 1) for pair in parts.query.split("&") if "=" in pair).get("region", "us-east-1")
    host = f"{parts.hostname}:{parts.port}" if parts.port else parts.hostname
    return boto3.client(
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


def origin_of(url: str) -> str:
    """The origin of an address, as browsers write it: without user, password and path."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
