"""Where a published avatar lies, and what the history says of it. Pure."""

from typing import Final
from uuid import UUID

PUBLISHED: Final = "avatar.published"
OUTDATED: Final = "avatar.outdated"
"""Approved, but a later one was shown by then."""


def public_key(submission_id: UUID, sha256: str) -> str:
    """The public name of a rendition: its content's hash, in a folder of its own for each publication.

    The hash makes the name immutable. The folder keeps two members who upload the same picture apart, so that replacing the
    one never takes the picture away from the other.
    """
    return f"avatars/{submission_id}/{sha256}.jpg"
