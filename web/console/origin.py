"""Requests that change something must come from the console's own pages: the browser's headers and a token show it."""

import hmac
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

from fastapi import Request

from pipeline.kernel.errors import Forbidden

FORM_FIELD: Final = "csrf"
HEADER: Final = "X-CSRF-Token"
SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_FORMS: Final = ("application/x-www-form-urlencoded", "multipart/form-data")
_OURS: Final = frozenset({"same-origin", "none"})
"""What a browser sends in Sec-Fetch-Site for a request from our own page, and for one that the person started."""


class ForeignRequest(Forbidden):
    """The request was made by another site, or cannot show that it was not."""

    code = "foreign_request"


async def from_our_pages(request: Request) -> None:
    """Check that a request that may change something comes from a page of this address. Raises ForeignRequest."""
    if request.method not in SAFE and not _is_ours(request.headers):
        raise ForeignRequest(
            "The request did not come from a page of this console, so nothing was done. Open the console by its own "
            "address, with https unless it is on this machine, in a browser that is not older than 2023."
        )


async def token_sent(request: Request) -> str | None:
    """The token that a form or a script sent along."""
    if (given := request.headers.get(HEADER)) is not None or request.method in SAFE:
        return given
    if request.headers.get("Content-Type", "").startswith(_FORMS):
        written = (await request.form()).get(FORM_FIELD)
        return written if isinstance(written, str) else None
    return None


def require_token(request: Request, sent: str | None, *, expected: str) -> None:
    """Check that a request that may change something has the session's token. Raises ForeignRequest."""
    if request.method not in SAFE and not hmac.compare_digest((sent or "").encode(), expected.encode()):
        raise ForeignRequest("This page is from an earlier sign-in, so nothing was done. Reload it and try again.")


def _is_ours(headers: Mapping[str, str]) -> bool:
    """Browsers send Sec-Fetch-Site; without it, the origin of the page counts."""
    began = headers.get("Sec-Fetch-Site")
    if began is not None:
        return began in _OURS
    return urlsplit(headers.get("Origin", "")).netloc == headers.get("Host", "") != ""
