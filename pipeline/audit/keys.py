"""The keys of the record: one that signs seals and never lies in the database, and one that makes digests of what is not kept."""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from pipeline.kernel.errors import Misconfigured

FILE: Final = "file:"
KEY_BYTES: Final = 32
_NAME_LENGTH: Final = 16


@dataclass(frozen=True, slots=True)
class AuditSigner:
    """Signs what a seal says. Ed25519."""

    key: Ed25519PrivateKey = field(repr=False)

    @property
    def name(self) -> str:
        """The key's name, which tells nothing of it."""
        return name_of(self.public)

    @property
    def public(self) -> bytes:
        """The public key, for whoever checks."""
        return self.key.public_key().public_bytes_raw()

    def sign(self, words: bytes) -> bytes:
        """A signature of 64 bytes."""
        return self.key.sign(words)


@dataclass(frozen=True, slots=True)
class Trusted:
    """The public keys that are believed, by name: the present one, and those that signed before it."""

    keys: Mapping[str, Ed25519PublicKey]

    def believes(self, name: str, signature: bytes, words: bytes) -> bool:
        """Whether the key of that name is trusted and has signed these words."""
        try:
            self.keys[name].verify(signature, words)
        except (KeyError, InvalidSignature):
            return False
        return True


@dataclass(frozen=True, slots=True)
class Digests:
    """Digests by a key, so that nobody who has them can guess what they are of."""

    key: bytes = field(repr=False)

    def of(self, words: str) -> str:
        """32 hexadecimal digits: the same for the same words."""
        return hmac.new(self.key, words.encode("utf-8", "replace"), hashlib.sha256).hexdigest()[:32]


def signer_of(setting: str) -> AuditSigner:
    """The key of PROOFDESK_AUDIT_SIGNING_KEY: 32 bytes in base64, or `file:` and the path of a file with them. Raises Misconfigured."""
    return AuditSigner(Ed25519PrivateKey.from_private_bytes(_bytes(_read(setting), "PROOFDESK_AUDIT_SIGNING_KEY")))


def digests_of(setting: str) -> Digests:
    """The key of PROOFDESK_AUDIT_DIGEST_KEY, written in the same way. Raises Misconfigured."""
    return Digests(_bytes(_read(setting), "PROOFDESK_AUDIT_DIGEST_KEY"))


def digests_beside(signer: AuditSigner) -> Digests:
    """Digests by a key that follows from the signing key, for a process that has this one."""
    return Digests(hmac.new(signer.key.private_bytes_raw(), b"proofdesk audit digests", hashlib.sha256).digest())


def trusted(*keys: bytes, setting: Sequence[str] = ()) -> Trusted:
    """These public keys, and those of PROOFDESK_AUDIT_TRUSTED_KEYS in base64. Raises Misconfigured."""
    found = [*keys, *(_bytes(each, "PROOFDESK_AUDIT_TRUSTED_KEYS") for each in setting)]
    return Trusted({name_of(each): Ed25519PublicKey.from_public_bytes(each) for each in found})


def name_of(public: bytes) -> str:
    """The name of a public key: the first digits of its SHA-256."""
    return hashlib.sha256(public).hexdigest()[:_NAME_LENGTH]


def _read(setting: str) -> str:
    if not setting.startswith(FILE):
        return setting
    path = Path(setting.removeprefix(FILE))
    try:
        return path.read_text(encoding="ascii")
    except (OSError, ValueError) as error:
        raise Misconfigured(f"The key of the audit in {path} cannot be read: {type(error).__name__}.") from error


def _bytes(written: str, variable: str) -> bytes:
    try:
        found = base64.b64decode(written.strip(), validate=True)
    except (binascii.Error, ValueError):
        found = b""
    if len(found) != KEY_BYTES:
        raise Misconfigured(f"{variable} must be {KEY_BYTES} bytes in base64: openssl rand -base64 {KEY_BYTES}")
    return found
