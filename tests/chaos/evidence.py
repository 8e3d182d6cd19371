"""What can be seen from outside once a run is over, as the judges are shown it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from typing import Any, NamedTuple

from cli.demo.mailbox import Mail
from tests.chaos.journal import Journal
from tests.chaos.listener import Telling


class Recorded(NamedTuple):
    """An event as the database has it. `at` is its time, in seconds since the epoch."""

    event_id: str
    sequence: int
    type: str
    member_id: str
    submission_id: str | None
    at: float


class Bucket(NamedTuple):
    """The keys that lie in a bucket, and those that are named as lying there."""

    present: frozenset[str]
    named: frozenset[str]


@dataclass(frozen=True)
class Evidence:
    """`views` are the accepted submissions by id, `listed` all that the API knows; memberships and avatars are by member.

    `pictures` says what is wrong with the public pictures of a member, `tasks` is all that the operator's list has, `faults`
    how many there were, `leftovers` what is left of members who were erased. `events` are those of members who were not, `told` what the
    listening endpoint was sent, `spent` what members' orders come to by the answers, and `counted` what it is by their levels' pages.
    """

    journal: Journal
    views: Mapping[str, Mapping[str, Any]]
    listed: Sequence[Mapping[str, Any]]
    mails: Mapping[str, Sequence[Mail]]
    memberships: Mapping[str, Mapping[str, Any]]
    avatars: Mapping[str, Mapping[str, Any]]
    pictures: Mapping[str, Sequence[str]]
    buckets: Mapping[str, Bucket]
    tasks: Sequence[Mapping[Any, Any]]
    faults: int
    leftovers: Sequence[str] = ()
    events: Sequence[Recorded] = ()
    told: Sequence[Telling] = ()
    spent: Mapping[str, Decimal] = field(default_factory=dict)
    counted: Mapping[str, Decimal] = field(default_factory=dict)

    def of_member(self, member_id: str, kind: str) -> Sequence[Mapping[str, Any]]:
        """The member's submissions of a kind."""
        return self._by_member.get((member_id, kind), [])

    @cached_property
    def _by_member(self) -> Mapping[tuple[str, str], Sequence[Mapping[str, Any]]]:
        found: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
        for view in filter(None, self.views.values()):
            found.setdefault((view["member_id"], view["kind"]), []).append(view)
        return found
