"""The keys of the record: whose seals are believed, and one that makes digests of what is not kept."""

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from pipeline.kernel.signing import Signer, is_signed, key_bytes, name_of


@dataclass(frozen=True, slots=True)
class Trusted:
    """The public keys that are believed, by name: the present one, and those that signed before it."""

    keys: Mapping[str, bytes]

    def believes(self, name: str, signature: bytes, words: bytes) -> bool:
        """Whether the key of that name is trusted and has signed these words."""
        public = self.keys.get(name)
        return public is not None and is_signed(words, signature=signature, public=public)


@dataclass(frozen=True, slots=True)
class Digests:
    """Digests by a key, so that nobody who has them can guess what they are of."""

    key: bytes = field(repr=False)

    def of(self, words: str) -> str:
        """32 hexadecimal digits: the same for the same words."""
        return hmac.new(self.key, words.encode("utf-8", "replace"), hashlib.sha256).hexdigest()[:32]


def digests_of(setting: str) -> Digests:
    """The key of PROOFDESK_AUDIT_DIGEST_KEY. Raises Misconfigured."""
    return Digests(key_bytes(setting, "PROOFDESK_AUDIT_DIGEST_KEY"))


def digests_beside(signer: Signer) -> Digests:
    """Digests by a key that follows from the signing key, for a process that has this one."""
    return Digests(hmac.new(signer.key.private_bytes_raw(), b"proofdesk audit digests", hashlib.sha256).digest())


def trusted(*keys: bytes, setting: Sequence[str] = ()) -> Trusted:
    """These public keys, and those of PROOFDESK_AUDIT_TRUSTED_KEYS in base64. Raises Misconfigured."""
    found = [*keys, *(key_bytes(each, "PROOFDESK_AUDIT_TRUSTED_KEYS") for each in setting)]
    return Trusted({name_of(each): each for each in found})
