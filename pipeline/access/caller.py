from dataclasses import dataclass
from uuid import UUID

from pipeline.access.rules.scopes import Scope, granted, reaches_all
from pipeline.kernel.errors import PermanentError
from pipeline.ownership.rules import NOTHING, Reach, is_test
from pipeline.policy.sign_in import Speaker


class Unauthenticated(PermanentError):
    """No key, or one that is unknown."""

    code = "unauthenticated"


class KeyRevoked(Unauthenticated):
    """The key was right, and is revoked. Only who has its secret is told."""

    code = "key_revoked"


class KeyExpired(Unauthenticated):
    """The key was right, and its time is over. Only who has its secret is told."""

    code = "key_expired"


@dataclass(frozen=True, slots=True)
class Caller:
    """Whose key it is: the key's id and name, its scopes, and the reviewer that it speaks for.

    `service` is the upstream service that the key belongs to; it stays the same when the key is rotated. A member's session has no
    scopes. It has a `speaker` instead, and may act for that one member; its service is that of the key that made its link.
    `reach` is what the present request may see. It is nothing until the door has looked at the scope of the route.
    """

    key_id: UUID
    name: str
    scopes: frozenset[str]
    reviewer_id: str | None
    speaker: Speaker | None = None
    service: str | None = None
    members_prefix: str | None = None
    reach: Reach = NOTHING

    @property
    def sends_as(self) -> str:
        """The service that what this caller sends belongs to."""
        return self.service or str(self.key_id)

    @property
    def owner(self) -> str:
        """Whose idempotency keys and upload slots these are: a rotated key and a member's next session go on with those before."""
        return self.sends_as if self.speaker is None else self.speaker.name

    def may(self, scope: Scope) -> bool:
        """Whether the key has the scope, by its own name or in a bundle."""
        return scope in granted(self.scopes)

    def may_act_for(self, member_id: str) -> bool:
        """Whether a session is this member's. A key speaks for no one member; its `reach` says which ones it sees."""
        return self.speaker is None or self.speaker.member_id == member_id

    def reach_by(self, scope: Scope) -> Reach:
        """What a key sees by this scope; nothing without it."""
        if not self.may(scope):
            return NOTHING
        if reaches_all(self.scopes, scope):
            return Reach(None, self.members_prefix, live_only=True)
        return Reach(self.sends_as, self.members_prefix)

    @property
    def is_test(self) -> bool:
        """Whether this is a test key: what it sends is decided by itself, and reaches nobody."""
        return is_test(self.service)
