"""Signatures that somebody outside can check: Ed25519 (RFC 8032) with one key, which never lies in the database."""

import base64
import binascii
from typing import Final, Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from pipeline.kernel.errors import Misconfigured

SEED_BYTES: Final = 32


class Signer:
    """Signs with a private key."""

    def __init__(self, key: Ed25519PrivateKey) -> None:
        self._key = key

    @classmethod
    def of(cls, seed: str) -> Self:
        """The signer of 32 secret bytes in base64. Raises Misconfigured."""
        try:
            return cls(Ed25519PrivateKey.from_private_bytes(base64.b64decode(seed, validate=True)))
        except (binascii.Error, ValueError):
            raise Misconfigured(
                f"The signing key is not {SEED_BYTES} bytes in base64. Make one with: openssl rand -base64 {SEED_BYTES}"
            ) from None

    @property
    def public(self) -> str:
        """The key that checks the signatures, in base64."""
        return base64.b64encode(self._key.public_key().public_bytes_raw()).decode()

    def sign(self, message: bytes) -> str:
        """The signature in base64."""
        return base64.b64encode(self._key.sign(message)).decode()


def is_signed(message: bytes, *, signature: str, public: str) -> bool:
    """Whether the private key of this public one signed exactly this message."""
    try:
        key = Ed25519PublicKey.from_public_bytes(base64.b64decode(public, validate=True))
        key.verify(base64.b64decode(signature, validate=True), message)
    except (InvalidSignature, binascii.Error, ValueError):
        return False
    return True
