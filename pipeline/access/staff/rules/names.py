"""Which ids a person may have: none under which the history already knows somebody else."""

from typing import Final

from pipeline.kernel.errors import Invalid, Problem

RESERVED: Final = frozenset(
    {
        "cli",
        "provider",
        "system",
        "clock",
        "member",
        "membership",
        "avatar",
        "notification",
        "inspector",
        "accept_submission",
        "tax_number",
        "business_email",
    }
)
"""Who acts where no person does. An account of this name would act as the operator, or as a rule."""

_OF_OTHERS: Final = ("member:", "cli:")
"""Members with their sessions, and whoever runs a command."""


def require_free_name(reviewer_id: str) -> None:
    """Raises Invalid for an id that is not a person's to have, however its letters are written."""
    written = reviewer_id.strip().casefold()
    if written in RESERVED or written.startswith(_OF_OTHERS):
        message = f"{reviewer_id} is a name of the program itself in the history. Choose another one."
        raise Invalid([Problem("reviewer_id", "reserved_name", message)])
