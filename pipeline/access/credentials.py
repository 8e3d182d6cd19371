"""Credentials `<prefix>_<id>_<secret>` of keys, links and sessions. Only a hash of the secret is stored."""

import hashlib
import hmac
from uuid import UUID


def parsed(presented: str | None, *, prefix: str) -> tuple[UUID, str] | None:
    """Id and secret of a credential `<prefix>_<id>_<secret>`; None for what is no such credential."""
    given, _, rest = (presented or "").partition("_")
    written, _, secret = rest.partition("_")
    try:
        found = UUID(hex=written)
    except ValueError:
        return None
    return (found, secret) if given == prefix and secret else None


def matches(secret: str, sha256: str) -> bool:
    """Whether this is the secret of that hash, compared in constant time."""
    return hmac.compare_digest(digest(secret), sha256)


def digest(secret: str) -> str:
    """What is stored of a secret."""
    return hashlib.sha256(secret.encode()).hexdigest()
