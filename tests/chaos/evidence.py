"""What can be seen from outside once a run is over, as the judges are shown it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

from cli.demo.mailbox import Mail
from tests.chaos.journal import Journal


class Bucket(NamedTuple):
    """The keys that lie in a bucket, and those that are named as lying there."""

    present: frozenset[str]
    named: frozenset[str]


@dataclass(frozen=True)
class Evidence:
    """`views` are the accepted submissions by id, `listed` all that the API knows; memberships and avatars are by member.

    `pictures` says what is wrong with the public pictures of a member, `tasks` is all that the operator's list has, `faults`
    how many there were, `leftovers` what is left of members who were erased.
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

    def of_member(self, member_id: str, kind: str) -> Sequence[Mapping[str, Any]]:
        """The member's submissions of a kind."""
        return self._by_member.get((member_id, kind), [])

    @cached_property
    def _by_member(self) -> Mapping[tuple[str, str], Sequence[Mapping[str, Any]]]:
        found: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
        for view in filter(None, self.views.values()):
            found.setdefault((view["member_id"], view["kind"]), []).append(view)
        return found
