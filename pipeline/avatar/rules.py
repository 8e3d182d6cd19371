"""The public name of an avatar, and the audit events of its publication. Pure."""

from typing import Final
from uuid import UUID

PUBLISHED: Final = "avatar.published"
OUTDATED: Final = "avatar.outdated"
"""Approved, but a later one was published already."""


def public_key(submission_id: UUID, sha256: str) -> str:
    """The public name of a rendition: its content's hash, in a folder of its submission.

    The hash makes the name immutable. The folder separates two members with the same picture, so that replacing one avatar does not
    remove the other.
    """
    return f"avatars/{submission_id}/{sha256}.jpg"
