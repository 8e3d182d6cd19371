"""What a key may do: `<resource>:read` or `<resource>:write`, and `:all` for what other services sent, too."""

from collections.abc import Collection, Mapping
from enum import StrEnum
from typing import Final


class Scope(StrEnum):
    """A scope of a key. `submit`, `review` and `admin` are bundles of others."""

    SUBMIT = "submit"
    SUBMIT_ALL = "submit:all"
    REVIEW = "review"
    ADMIN = "admin"
    SUBMISSIONS_READ = "submissions:read"
    SUBMISSIONS_READ_ALL = "submissions:read:all"
    SUBMISSIONS_WRITE = "submissions:write"
    SUBMISSIONS_WRITE_ALL = "submissions:write:all"
    MEMBERS_READ = "members:read"
    MEMBERS_READ_ALL = "members:read:all"
    MEMBERS_WRITE = "members:write"
    MEMBERS_WRITE_ALL = "members:write:all"
    EVENTS_READ = "events:read"
    EVENTS_READ_ALL = "events:read:all"
    EVENTS_WRITE = "events:write"
    EVENTS_WRITE_ALL = "events:write:all"
    SESSIONS_READ = "sessions:read"
    SESSIONS_READ_ALL = "sessions:read:all"
    SESSIONS_WRITE = "sessions:write"
    SESSIONS_WRITE_ALL = "sessions:write:all"
    WEBHOOKS_READ = "webhooks:read"
    WEBHOOKS_READ_ALL = "webhooks:read:all"
    WEBHOOKS_WRITE = "webhooks:write"
    WEBHOOKS_WRITE_ALL = "webhooks:write:all"
    REVIEW_READ = "review:read"
    REVIEW_WRITE = "review:write"
    ADMIN_READ = "admin:read"
    ADMIN_WRITE = "admin:write"

    @property
    def resource(self) -> str:
        """The part before the first colon."""
        return self.value.partition(":")[0]

    @property
    def is_for_all(self) -> bool:
        """Whether it reaches what other services sent."""
        return self.value.endswith(_ALL) or self.resource in EVERYBODYS


_ALL: Final = ":all"

EVERYBODYS: Final = frozenset({"review", "admin"})
"""Resources that belong to no service: their scopes have no `:all`, and reach everything."""

_SENT: Final = frozenset({"submissions", "members", "events", "sessions"})

BUNDLES: Final[Mapping[Scope, frozenset[Scope]]] = {
    Scope.SUBMIT: frozenset(scope for scope in Scope if scope.resource in _SENT and not scope.is_for_all),
    Scope.SUBMIT_ALL: frozenset(scope for scope in Scope if scope.resource in _SENT) | {Scope.SUBMIT},
    Scope.REVIEW: frozenset({Scope.REVIEW_READ, Scope.REVIEW_WRITE}),
    Scope.ADMIN: frozenset(Scope),
}
"""What each bundle opens. Reading and writing do not include each other."""


def granted(scopes: Collection[str]) -> frozenset[Scope]:
    """All that these scopes open, bundles unfolded. A scope that this version does not know opens nothing."""
    named = {Scope(scope) for scope in scopes if scope in _KNOWN}
    unfolded = named.union(*(BUNDLES.get(scope, frozenset()) for scope in named))
    return frozenset(unfolded | {Scope(scope.removesuffix(_ALL)) for scope in unfolded})


def reaches_all(scopes: Collection[str], needed: Scope) -> bool:
    """Whether these scopes open `needed` for what other services sent, too."""
    return needed in granted(scopes) and (needed.is_for_all or Scope(f"{needed}{_ALL}") in granted(scopes))


def beyond(wanted: Collection[str], mine: Collection[str]) -> list[Scope]:
    """What the wanted scopes open and mine do not."""
    return sorted(granted(wanted) - granted(mine))


_KNOWN: Final = frozenset(Scope)
