"""Tokens that stand in links: encrypted, so that a reader of a log or a mail learns nothing from one, and with an end."""

import binascii
import os
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from datetime import datetime
from typing import Final

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import Column, Connection, Table, Text, func, select
from sqlalchemy.dialects.postgresql import insert

from pipeline.kernel.database import Instant, metadata
from pipeline.kernel.encryption import SEALED, Sealer, fresh_key
from pipeline.kernel.errors import NotFound

signing_key: Final = Table(
    "signing_key",
    metadata,
    Column("purpose", Text, primary_key=True),
    Column("secret", Text, nullable=False, info=SEALED),
    Column("made_at", Instant, nullable=False, server_default=func.now()),
)

_NONCE_BYTES: Final = 12


class TokenNotValid(NotFound):
    """The token is not one of ours, was cut off, or has ended."""


class Tokens:
    """The tokens of one purpose: what one says is read with the same purpose only."""

    def __init__(self, purpose: str, key: bytes) -> None:
        self._purpose, self._key = purpose.encode(), AESGCM(key)

    def make(self, *said: str, ends_at: datetime) -> str:
        """A token that says these words until `ends_at`: letters, digits, `-` and `_`."""
        body = orjson.dumps([int(ends_at.timestamp()), *said])
        nonce = os.urandom(_NONCE_BYTES)
        return urlsafe_b64encode(nonce + self._key.encrypt(nonce, body, self._purpose)).decode().rstrip("=")

    def read(self, token: str, *, now: datetime) -> Sequence[str]:
        """What it says. Raises TokenNotValid, in the same words whatever is wrong with it."""
        try:
            raw = urlsafe_b64decode(token + "=" * (-len(token) % 4))
            ends_at, *said = orjson.loads(self._key.decrypt(raw[:_NONCE_BYTES], raw[_NONCE_BYTES:], self._purpose))
        except (binascii.Error, ValueError, InvalidTag):
            raise TokenNotValid("This link is not one of ours, was cut off, or has ended.") from None
        if now.timestamp() >= ends_at:
            raise TokenNotValid("This link is not one of ours, was cut off, or has ended.")
        return [str(each) for each in said]


def tokens_of(connection: Connection, purpose: str, *, sealer: Sealer) -> Tokens:
    """The tokens of a purpose. Its key is made at first use and kept sealed, so that every process has it and old links go on."""
    place = f"{signing_key.name}:{purpose}"
    find = select(signing_key.c.secret).where(signing_key.c.purpose == purpose)
    found: str | None = connection.execute(find).scalar_one_or_none()
    if found is None:
        made = insert(signing_key).values(purpose=purpose, secret=sealer.seal(fresh_key(), place=place))
        connection.execute(made.on_conflict_do_nothing())
        found = str(connection.execute(find).scalar_one())
    return Tokens(purpose, urlsafe_b64decode(sealer.open(found, place=place)))
