from collections.abc import Mapping
from typing import Any, Final

from config.container import Container
from pipeline.review.decisions.undoable import undoable
from web.console.session import Person

SAID: Final = {
    "approve": "Approved",
    "reject": "Rejected",
    "better_file": "Better file asked for",
    "escalated": "Escalated",
}
"""What was done, as the page says it."""


def undoable_of(tools: Container, person: Person) -> list[Mapping[str, Any]]:
    """What the person may still take back, as the script of the page keeps it."""
    window = tools.policy.review.undo_window_seconds
    found = undoable(person.reviewer_id, window_seconds=window, db=tools.db)
    return [
        {"decision": str(each.id), "said": SAID[each.verdict], "name": each.name, "seconds": each.seconds_left}
        for each in found
    ]
