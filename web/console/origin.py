"""Requests that change something come from a page of ours: said by the browser itself, and by a token that our forms carry."""

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
"""What a browser says of a request from a page of ours, and of one that the person began themselves."""


class ForeignRequest(Forbidden):
    """The request was made by another site, or cannot show that it was not."""

    code = "foreign_request"


async def from_our_pages(request: Request) -> None:
    """Every request that may change something has to come from a page of this address. Raises ForeignRequest."""
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
    """What may change something carries the session's token. Raises ForeignRequest."""
    if request.method not in SAFE and not hmac.compare_digest((sent or "").encode(), expected.encode()):
        raise ForeignRequest("This page is from an earlier sign-in, so nothing was done. Load it anew and try again.")


def _is_ours(headers: Mapping[str, str]) -> bool:
    """Browsers say where a request began (Sec-Fetch-Site); where they do not, they name the page's origin."""
    began = headers.get("Sec-Fetch-Site")
    if began is not None:
        return began in _OURS
    return urlsplit(headers.get("Origin", "")).netloc == headers.get("Host", "") != ""
