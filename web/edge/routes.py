"""What each route takes: how long its body may be, and which credential it needs. A route that is not named has the default."""

import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from web.api.scopes import NO_KEY_NEEDED
from web.edge.errors import KIB

DEFAULT_BYTES: Final = 64 * KIB
CAPS: Final[Mapping[str, int]] = {
    "POST /v1/submissions": 256 * KIB,
    "POST /v1/review/claims/{claim_id}/decision": 256 * KIB,
    "POST /v1/mail-events/sns": 256 * KIB,  # Amazon SNS sends no larger message
    "POST /console/cases/{claim_id}/decision": 256 * KIB,
    "POST /console/cases/{claim_id}/mail": 256 * KIB,
    "POST /console/cases/{claim_id}/mail/html": 256 * KIB,
}
"""Most bytes of a body, by method and route."""

ADDRESS_BYTES: Final = 8 * KIB
"""Most bytes of path and query."""

HEADER_BYTES: Final = 32 * KIB
"""Most bytes of all headers."""

NEVER_COUNTED: Final = frozenset({"/healthz"})
"""Paths that a supervisor asks all the time, and that cost nothing."""

_KEY: Final = "/v1/"
_OWN_PROOF: Final = tuple(route.partition(" ")[2].partition("{")[0] for route in NO_KEY_NEEDED)
_CONSOLE: Final = "/console/"
_AGAIN: Final = "/console/sign-in/again"
"""Where somebody who is signed in shows once more who they are."""

_NO_SESSION_NEEDED: Final = ("/console/static/", "/console/sign-in", "/console/invitation")
_PICTURE: Final = re.compile(r"/public/avatars/[0-9a-f-]{36}/[0-9a-f]{64}(-[0-9a-f]{32})?\.jpg")
_DOORS: Final[tuple[tuple[str, str], ...]] = (
    ("/v1/unsubscribe/", "unsubscribe"),
    ("/v1/mail-events/sns", "sns"),
    ("/v1/sessions/open", "sessions"),
    ("/v1/", "api"),
    ("/public/", "bad names"),
    ("/member/", "member"),
    ("/console/static/", "static"),
    ("/console/sign-in", "sign-in"),
    ("/console", "console"),
    ("/readyz", "readyz"),
)


class Credential(StrEnum):
    """What a request must show before its body is read."""

    KEY = "key"
    SESSION = "session"
    NONE = "none"


def cap_of(method: str, path: str) -> int:
    """Most bytes of the body of a request."""
    asked = f"{method} {path}"
    return next((most for route, most in _CAPS if route.fullmatch(asked)), DEFAULT_BYTES)


def credential_of(path: str) -> Credential:
    """What a request for this path must show."""
    if path.startswith(_KEY) and not path.startswith(_OWN_PROOF):
        return Credential.KEY
    if path.startswith(_AGAIN) or (path.startswith(_CONSOLE) and not path.startswith(_NO_SESSION_NEEDED)):
        return Credential.SESSION
    return Credential.NONE


def door_of(path: str) -> str:
    """Which door a path belongs to. Strangers are counted for each door by itself, so that who floods one shuts no other.

    Names that no picture can have are counted apart from those of pictures.
    """
    if _PICTURE.fullmatch(path):
        return "public"
    return next((door for start, door in _DOORS if path.startswith(start)), "other")


_CAPS: Final = [(re.compile(re.sub(r"\{\w+\}", "[^/]+", route)), most) for route, most in CAPS.items()]
