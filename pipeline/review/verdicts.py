"""What a verdict that ends a case does to it. Pure."""

from collections.abc import Mapping
from typing import Final

from pipeline.lifecycle import Event

EVENTS: Final[Mapping[str, Event]] = {
    "approve": Event.APPROVED,
    "reject": Event.REJECTED,
    "better_file": Event.SENT_BACK,
}
