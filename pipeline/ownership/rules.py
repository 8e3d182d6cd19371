from dataclasses import dataclass
from typing import Final

EARLIER: Final = "earlier"
"""The owner of what was there before services were told apart. No key has this service."""


@dataclass(frozen=True, slots=True)
class Reach:
    """What one request may see and change: what this service sent, of members with this prefix, of this member. None: of any."""

    service: str | None = None
    prefix: str | None = None
    member_id: str | None = None

    def covers(self, member_id: str) -> bool:
        """Whether the member has the prefix, and is the one of the session. Whose member it is, is asked apart."""
        return self.member_id in {None, member_id} and member_id.startswith(self.prefix or "")


EVERYTHING: Final = Reach()
NOTHING: Final = Reach(service="", member_id="")
