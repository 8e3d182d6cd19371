"""A key service in place of master keys of our own: AWS KMS, or what speaks its protocol. The master key never leaves it."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any, Final

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError

from pipeline.kernel.encryption import NotOpened
from pipeline.kernel.errors import RetryableError

_CONTEXT: Final = {"service": "proofdesk"}
_NOT_OPENED: Final = frozenset({"InvalidCiphertextException", "IncorrectKeyException"})
_KEPT: Final = 512
"""How many unwrapped keys a process keeps in memory, so that a webhook costs no call to the service."""


class KeyServiceUnavailable(RetryableError):
    """The key service cannot be reached or refuses; nothing was sealed or opened."""

    code = "key_service_unavailable"


class KmsKeys:
    """The master key `key` (an id, alias or ARN) of a KMS."""

    def __init__(self, client: Any, key: str) -> None:
        self._client, self._key = client, key
        self.current = f"kms-{hashlib.sha256(key.encode()).hexdigest()[:12]}"
        self._opened = lru_cache(maxsize=_KEPT)(self._decrypt)

    def has(self, name: str) -> bool:
        """Whether this is the name of its key."""
        return name == self.current

    def wrap(self, key: bytes) -> bytes:
        """Have the service wrap a key. Raises KeyServiceUnavailable."""
        with _translated():
            answer = self._client.encrypt(KeyId=self._key, Plaintext=key, EncryptionContext=_CONTEXT)
        return bytes(answer["CiphertextBlob"])

    def unwrap(self, wrapped: bytes, *, name: str) -> bytes:  # noqa: ARG002  (it has one key)
        """Have the service unwrap a key. Raises NotOpened, KeyServiceUnavailable."""
        return self._opened(wrapped)

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _decrypt(self, wrapped: bytes) -> bytes:
        with _translated():
            answer = self._client.decrypt(KeyId=self._key, CiphertextBlob=wrapped, EncryptionContext=_CONTEXT)
        return bytes(answer["Plaintext"])


def kms_keys(key: str, *, url: str | None = None) -> KmsKeys:
    """The keys of a KMS, with the SDK's own credentials; the region is the ARN's, else the SDK's. `url` is for another address."""
    parts = key.split(":")
    client = boto3.client(
        "kms",
        endpoint_url=url,
        region_name=parts[3] if key.startswith("arn:") else None,
        config=Config(connect_timeout=3, read_timeout=5, retries={"total_max_attempts": 2, "mode": "standard"}),
    )
    return KmsKeys(client, key)


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except ClientError as error:
        code = str(error.response.get("Error", {}).get("Code", ""))
        if code in _NOT_OPENED:
            raise NotOpened(
                "A secret does not open: it was changed, or another key of the service sealed it."
            ) from error
        raise KeyServiceUnavailable(f"The key service answered {code}.") from error
    except (BotoCoreError, HTTPClientError) as error:
        raise KeyServiceUnavailable(f"The key service cannot be reached: {type(error).__name__}.") from error
