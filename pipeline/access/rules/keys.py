"""Which keys there may be, who may rotate one, and how a credential is written. Only a hash of its secret is stored."""

import hashlib
import hmac
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from uuid import UUID

from pipeline.access.rules.scopes import EVERYBODYS, Scope, granted
from pipeline.kernel.errors import Problem
from pipeline.ownership.rules import EARLIER, TEST, is_test

RESERVED: Final = frozenset({EARLIER, "http", "queue", "cli"})
"""Owners of what arrives by other doors than a key's."""

LONGEST: Final = timedelta(days=3650)
_PREFIX: Final = re.compile(r"[A-Za-z0-9._:@-]{0,99}[._:@-]")
_SERVICE: Final = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")


@dataclass(frozen=True, slots=True)
class Bounds:
    """What bounds a key: the service that it belongs to (None: one of its own), the prefix of its members, and how long it lasts.

    A `test` key has a service and members apart from all others: their names begin with `test:`.
    """

    service: str | None = None
    members_prefix: str | None = None
    lasts: timedelta | None = None
    test: bool = False

    def service_of(self, key_id: UUID) -> str:
        """The service of a key with these bounds, as its row has it."""
        return f"{TEST if self.test else ''}{self.service or key_id}"

    @property
    def prefix(self) -> str | None:
        """The prefix of its members, as its row has it."""
        return f"{TEST}{self.members_prefix or ''}" if self.test else self.members_prefix


UNBOUNDED: Final = Bounds()
OF_A_TEST: Final = (
    Scope.SUBMISSIONS_READ,
    Scope.SUBMISSIONS_WRITE,
    Scope.MEMBERS_READ,
    Scope.EVENTS_READ,
    Scope.WEBHOOKS_READ,
    Scope.WEBHOOKS_WRITE,
)
"""What a test key may have: none of them leads to a person at the desk, or to a mail that nobody has frozen."""


def key_problems(scopes: Collection[Scope], *, reviewer_id: str | None, bounds: Bounds) -> list[Problem]:
    """Everything that is wrong with a key that somebody wants."""
    return [*_scope_problems(scopes, reviewer_id, bounds), *_bound_problems(bounds)]


def service_problem(service: str) -> Problem | None:
    """What is wrong with the name of a service."""
    if service not in RESERVED and _SERVICE.fullmatch(service):
        return None
    reserved = ", ".join(sorted(RESERVED))
    message = f"Use 1 to 64 of a-z, 0-9 and . _ -, beginning with a letter or digit; not {reserved}."
    return Problem("service", "invalid_value", message)


def overlap_problem(overlap: timedelta, longest: timedelta) -> Problem | None:
    """What is wrong with the time in which a rotated key stays valid."""
    if timedelta(0) <= overlap <= longest:
        return None
    return Problem("overlap", "invalid_value", f"Choose between 0 and {longest // timedelta(hours=1)} hours.")


def _scope_problems(scopes: Collection[Scope], reviewer_id: str | None, bounds: Bounds) -> Iterator[Problem]:
    if not scopes:
        yield Problem("scopes", "missing_field", "Choose at least one scope.")
    if any(scope.resource == "review" for scope in scopes) and reviewer_id is None:
        yield Problem("reviewer", "missing_field", "A key for reviewing speaks for a reviewer. Choose one.")
    if bounds.members_prefix is not None and any(scope.resource in EVERYBODYS for scope in granted(scopes)):
        message = "Scopes of review and admin reach every member. Leave the prefix out, or choose other scopes."
        yield Problem("members_prefix", "not_with_this_scope", message)
    if bounds.test and not set(scopes) <= set(OF_A_TEST):
        message = f"A test key may have {', '.join(OF_A_TEST)}, and no others."
        yield Problem("scopes", "not_for_a_test_key", message)


def _bound_problems(bounds: Bounds) -> Iterator[Problem]:
    if bounds.members_prefix is not None and not _PREFIX.fullmatch(bounds.members_prefix):
        message = "End the prefix with one of . _ : @ - so that shop-1- is not also the beginning of shop-10."
        yield Problem("members_prefix", "invalid_value", message)
    if not bounds.test and is_test(bounds.members_prefix):
        yield Problem("members_prefix", "invalid_value", f"Only members of test keys begin with {TEST}")
    if bounds.service is not None and (problem := service_problem(bounds.service)):
        yield problem
    if bounds.lasts is not None and not timedelta(0) < bounds.lasts <= LONGEST:
        yield Problem("expires_in", "invalid_value", f"Choose more than nothing and at most {LONGEST.days} days.")


def parsed(presented: str | None, *, prefix: str) -> tuple[UUID, str] | None:
    """Id and secret of a credential `<prefix>_<id>_<secret>`; None for what is no such credential."""
    given, _, rest = (presented or "").partition("_")
    written, _, secret = rest.partition("_")
    try:
        found = UUID(hex=written)
    except ValueError:
        return None
    return (found, secret) if given == prefix and secret else None


def matches(secret: str, sha256: str) -> bool:
    """Whether this is the secret of that hash, compared in constant time."""
    return hmac.compare_digest(digest(secret), sha256)


def digest(secret: str) -> str:
    """What is stored of a secret."""
    return hashlib.sha256(secret.encode()).hexdigest()
