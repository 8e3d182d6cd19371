from enum import StrEnum


class Queue(StrEnum):
    """Where a case waits: first looks by kind, second looks of another person, and what a senior decides."""

    AVATAR = "avatar"
    VERIFICATION = "verification"
    SECOND = "second"
    SENIOR = "senior"


def first_queue(kind: str) -> Queue:
    """Where a submission of this kind waits when inspection has cleared it."""
    return Queue.AVATAR if kind == "avatar" else Queue.VERIFICATION
