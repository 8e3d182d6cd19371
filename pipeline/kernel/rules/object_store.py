"""What an answer of an S3 store means: an outage, wrong settings, no such object, or a refusal of this one request. Pure.

https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
"""

import re
from enum import StrEnum
from typing import Final

from schemas.object_keys import SEPARATORS, is_sound_key

NO_SUCH_BUCKET: Final = "NoSuchBucket"
LONGEST_NAME_BYTES: Final = 255
"""The longest name of a file on common file systems. A store that keeps its objects in a folder cannot have a longer one."""


class Meaning(StrEnum):
    """What an error of the store says about the request that got it."""

    AWAY = "away"
    MISSING = "missing"
    SETTINGS = "settings"
    REFUSED = "refused"


_MISSING: Final = frozenset({"404", "NoSuchKey", "NotFound"})
_AWAY: Final = frozenset({
    "BandwidthLimitExceeded",
    "Busy",
    "InternalError",
    "InternalFailure",
    "PriorRequestNotComplete",
    "RequestLimitExceeded",
    "RequestThrottled",
    "RequestThrottledException",
    "RequestTimeout",
    "RequestTimeoutException",
    "RequestTimeTooSkewed",
    "ServerBusy",
    "ServiceUnavailable",
    "SlowDown",
    "SlowDownRead",
    "SlowDownWrite",
    "Throttled",
    "ThrottledException",
    "Throttling",
    "ThrottlingException",
    "TooManyRequests",
    "TooManyRequestsException",
})  # fmt: skip
_SETTINGS: Final = frozenset({
    "301",
    "401",
    "AccountProblem",
    "AllAccessDisabled",
    "AuthorizationHeaderMalformed",
    "ExpiredToken",
    "IllegalLocationConstraintException",
    "InvalidAccessKeyId",
    "InvalidBucketName",
    "InvalidClientTokenId",
    "InvalidSecurity",
    "InvalidToken",
    "MissingAuthenticationToken",
    NO_SUCH_BUCKET,
    "NotSignedUp",
    "PermanentRedirect",
    "SignatureDoesNotMatch",
    "TemporaryRedirect",
    "TokenRefreshRequired",
    "UnauthorizedAccess",
    "UnrecognizedClientException",
})  # fmt: skip
_KEY_MANAGEMENT: Final = "KMS."
_NOT_OFFERED: Final = frozenset({"NotImplemented", "501"})
_WAIT_STATUS: Final = frozenset({408, 429})
_SERVER_FAULT: Final = 500
_CLIENT_FAULT: Final = 400
_WORD: Final = re.compile(r"[A-Za-z0-9_.-]{1,64}")


def meaning_of(code: str, status: int, *, key: str | None = None) -> Meaning:
    """What the code and the HTTP status of an error mean for a request about `key`.

    A HEAD has no body, so its code is the status. A store on a folder answers 500 about a name that its file system cannot have.
    That is a refusal of this key and no outage.
    """
    if code in _MISSING:
        return Meaning.MISSING
    if code in _AWAY or status in _WAIT_STATUS:
        return Meaning.REFUSED if status >= _SERVER_FAULT and _is_rare(code, key) else Meaning.AWAY
    if code in _SETTINGS or code.startswith(_KEY_MANAGEMENT) or status < _CLIENT_FAULT:
        return Meaning.SETTINGS
    if status >= _SERVER_FAULT and code not in _NOT_OFFERED and not _is_rare(code, key):
        return Meaning.AWAY
    return Meaning.REFUSED


def shown(code: str) -> str:
    """The code as our messages quote it: what is no plain word is a store's, a proxy's or a stranger's text, and is not repeated."""
    return code if _WORD.fullmatch(code) else "an unknown code"


def is_plain_name(name: str) -> bool:
    """Whether a part of a key between slashes is one that a file or a folder can have."""
    return 0 < len(name.encode()) <= LONGEST_NAME_BYTES


def _is_rare(code: str, key: str | None) -> bool:
    if key is None or code not in {"InternalError", "500"}:
        return False
    return not is_sound_key(key) or not all(map(is_plain_name, re.split(SEPARATORS, key)))
