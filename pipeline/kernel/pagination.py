"""Cursors: how an answer with a page of a list says where the next page begins. Clients send them back unchanged."""

import base64
import binascii
from typing import Final
from uuid import UUID

from pipeline.kernel.errors import Invalid, Problem

_ID_BYTES: Final = 16
_NUMBER_BYTES: Final = 8
_LARGEST_FIRST_BYTE: Final = 127
"""Of a number: it has no sign bit, so that it fits the database's 64 bits."""


def cursor_of(position: UUID | int) -> str:
    """The cursor that names the last row of a page: by its id, or by its number, which is not below zero."""
    raw = position.bytes if isinstance(position, UUID) else position.to_bytes(_NUMBER_BYTES)
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def id_in(cursor: str) -> UUID:
    """The id in a cursor. Raises Invalid for a cursor that is not ours."""
    return UUID(bytes=_decoded(cursor, _ID_BYTES))


def number_in(cursor: str) -> int:
    """The number in a cursor. Raises Invalid for a cursor that is not ours."""
    raw = _decoded(cursor, _NUMBER_BYTES)
    if raw[0] > _LARGEST_FIRST_BYTE:
        raise _unknown()
    return int.from_bytes(raw)


def _decoded(cursor: str, length: int) -> bytes:
    try:
        raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
    except (ValueError, binascii.Error):
        raise _unknown() from None
    if len(raw) != length:
        raise _unknown()
    return raw


def _unknown() -> Invalid:
    message = "This cursor is not one of ours. Use next_cursor of the page before, or leave it out."
    return Invalid([Problem("cursor", "unknown_cursor", message)])
