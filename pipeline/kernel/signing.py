"""Signatures that somebody outside can check: Ed25519 (RFC 8032), by keys that never lie in the database."""

import base64
import binascii
import hashlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from pipeline.kernel.errors import Misconfigured

KEY_BYTES: Final = 32
FILE: Final = "file:"
_NAME_LENGTH: Final = 16


@dataclass(frozen=True, slots=True)
class Signer:
    """Signs with a private key."""

    key: Ed25519PrivateKey = field(repr=False)

    @property
    def name(self) -> str:
        """The key's name, which tells nothing of it."""
        return name_of(self.public)

    @property
    def public(self) -> bytes:
        """The public key, for whoever checks."""
        return self.key.public_key().public_bytes_raw()

    def sign(self, message: bytes) -> bytes:
        """A signature of 64 bytes."""
        return self.key.sign(message)


def signer_of(setting: str, variable: str) -> Signer:
    """The signer whose key stands in this environment variable; see `key_bytes`. Raises Misconfigured."""
    return Signer(Ed25519PrivateKey.from_private_bytes(key_bytes(setting, variable)))


def is_signed(message: bytes, *, signature: bytes, public: bytes) -> bool:
    """Whether the private key of this public one signed exactly this message."""
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def name_of(public: bytes) -> str:
    """The name of a public key: the first digits of its SHA-256."""
    return hashlib.sha256(public).hexdigest()[:_NAME_LENGTH]


def key_bytes(setting: str, variable: str) -> bytes:
    """The 32 bytes of a key: written in base64, or in a file that `file:` and its path name. Raises Misconfigured."""
    try:
        found = base64.b64decode(_read(setting, variable).strip(), validate=True)
    except (binascii.Error, ValueError):
        found = b""
    if len(found) != KEY_BYTES:
        raise Misconfigured(f"{variable} must be {KEY_BYTES} bytes in base64: openssl rand -base64 {KEY_BYTES}")
    return found


def _read(setting: str, variable: str) -> str:
    if not setting.startswith(FILE):
        return setting
    path = Path(setting.removeprefix(FILE))
    try:
        return path.read_text(encoding="ascii")
    except (OSError, ValueError) as error:
        raise Misconfigured(f"{variable} names {path}, which cannot be read: {type(error).__name__}.") from error
