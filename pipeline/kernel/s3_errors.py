"""What boto3 raises, as errors of ours. An outage is StorageUnavailable; all else is a refusal and opens no circuit."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionError,  # noqa: A004  (botocore's, of which its time-outs are kinds)
    CredentialRetrievalError,
    HTTPClientError,
    IncompleteReadError,
    InvalidEndpointConfigurationError,
    InvalidRegionError,
    MetadataRetrievalError,
    NoCredentialsError,
    NoRegionError,
    PartialCredentialsError,
    ProfileNotFound,
    TokenRetrievalError,
)
from botocore.parsers import ResponseParserError

from pipeline.kernel.errors import StorageMisconfigured, StorageRefused, StorageUnavailable
from pipeline.kernel.rules.object_store import NO_SUCH_BUCKET, Meaning, meaning_of, shown

_CANNOT_ASK: Final = (
    NoCredentialsError,
    PartialCredentialsError,
    NoRegionError,
    InvalidRegionError,
    InvalidEndpointConfigurationError,
    ProfileNotFound,
    ResponseParserError,
    RecursionError,
)
"""The library has no credentials or address to ask with, or what answers at the address is no S3 store.

boto3 asks for the region of a bucket when it is redirected, and recurses until that fails where the answer names none.
"""

_NO_ANSWER: Final = (
    HTTPClientError,
    ConnectionError,
    IncompleteReadError,
    CredentialRetrievalError,
    MetadataRetrievalError,
    TokenRetrievalError,
)


@contextmanager
def translated(bucket: str, key: str | None = None) -> Iterator[None]:
    """Raise StorageUnavailable, StorageMisconfigured or StorageRefused for what the library raises in this block."""
    try:
        yield
    except ClientError as error:
        raise _of_answer(error, bucket, key) from error
    except _CANNOT_ASK as error:
        raise StorageMisconfigured(
            f"The object store cannot be asked ({type(error).__name__}): correct PROOFDESK_STORAGE_URL.",
            reason=type(error).__name__,
        ) from error
    except _NO_ANSWER as error:
        raise StorageUnavailable(f"The object store cannot be reached: {type(error).__name__}.") from error
    except (BotoCoreError, UnicodeError) as error:
        raise StorageRefused(
            f"The object store's library refuses the request: {type(error).__name__}.", reason=type(error).__name__
        ) from error


def _of_answer(error: ClientError, bucket: str, key: str | None) -> StorageUnavailable | StorageRefused:
    code = shown(code_of(error))
    match meaning_of(code, status_of(error), key=key):
        case Meaning.AWAY:
            return StorageUnavailable(f"The object store answered {code}.")
        case Meaning.SETTINGS:
            return StorageMisconfigured(_wrong_settings(code, bucket), reason=code)
        case Meaning.MISSING | Meaning.REFUSED:
            what = f"an object of the bucket {bucket!r}" if key is not None else f"the bucket {bucket!r}"
            return StorageRefused(f"The object store refuses the request about {what}: {code}.", reason=code)


def _wrong_settings(code: str, bucket: str) -> str:
    if code == NO_SUCH_BUCKET:
        return f"The bucket {bucket!r} is missing. Make it with: proofdesk migrate"
    return f"The object store refuses our settings ({code}): correct PROOFDESK_STORAGE_URL or the rights of its key."


def code_of(error: ClientError) -> str:
    """The code of an answer, such as `AccessDenied`; of an answer without a body the status."""
    return str(error.response.get("Error", {}).get("Code", ""))


def status_of(error: ClientError) -> int:
    """The HTTP status. Of a copy that failed after its answer had begun it is 200, and the code counts."""
    return int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
