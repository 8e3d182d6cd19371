"""How a member is named where a row can never be changed or must not say who it is about."""

import hashlib
from typing import Final

_SALT: Final = "proofdesk:member:"
_COMPANY: Final = "proofdesk:company:"
_LENGTH: Final = 32


def member_digest(member_id: str) -> str:
    """32 hexadecimal digits of SHA-256: the same for the same id, so that whoever knows the id finds its rows. Nobody gets the id back."""
    return hashlib.sha256(f"{_SALT}{member_id}".encode()).hexdigest()[:_LENGTH]


def company_digest(name: str) -> str:
    """The same for a company by its name, which may be a person's."""
    return hashlib.sha256(f"{_COMPANY}{name}".encode()).hexdigest()[:_LENGTH]
