from dataclasses import dataclass, field
from typing import Final

EARLIER: Final = "earlier"
"""The owner of what was there before services were told apart. No key has this service."""

TEST: Final = "test:"
"""How the service of a test key begins, and the id of each of its members. No other service may be called so (ADR 0029)."""


def is_test(name: str | None) -> bool:
    """Whether a service or a member is one of a test key. The two go together: nothing is accepted of one without the other."""
    return name is not None and name.startswith(TEST)


@dataclass(frozen=True, slots=True)
class Reach:
    """What one request may see and change: what this service sent, of members with this prefix, of this member. None: of any.

    `live_only` leaves out what belongs to test keys, for who reaches what all services sent.
    """

    service: str | None = None
    prefix: str | None = None
    member_id: str | None = None
    live_only: bool = field(default=False, compare=False)

    def covers(self, member_id: str) -> bool:
        """Whether the member has the prefix, and is the one of the session. Whose member it is, is asked apart."""
        if self.live_only and is_test(member_id):
            return False
        return self.member_id in {None, member_id} and member_id.startswith(self.prefix or "")


EVERYTHING: Final = Reach()
NOTHING: Final = Reach(service="", member_id="")
