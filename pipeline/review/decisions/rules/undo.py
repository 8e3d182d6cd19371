"""What a reviewer is told in the same words of a member's case and of a blind one. Pure."""

from uuid import UUID

from pipeline.kernel.errors import AlreadyThere, UndoTooLate


def too_late(submission_id: UUID) -> UndoTooLate:
    """Nothing can be taken back any more."""
    return UndoTooLate(
        "This decision can no longer be undone: its effects are leaving or have left. "
        f"If it is wrong, tell your lead: submission {submission_id}."
    )


def undone_already() -> AlreadyThere:
    """It was taken back before."""
    return AlreadyThere("This decision was undone already.")
