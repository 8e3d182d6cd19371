"""What another service was told of, by its endpoint, and what orders came to."""

from collections import Counter
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Final

from tests.chaos.evidence import Evidence
from tests.chaos.judges.judge import Charge, Judge
from tests.chaos.leaving import LEAVING

ENDS: Final = {f"submission.{state}": state for state in ("refused", "approved", "rejected", "superseded")}


class ToldOfEach(Judge):
    """Every event that is recorded was told, and nothing else was: not what was taken back before its time."""

    def charges(self, evidence: Evidence) -> Iterator[Charge]:
        """Once at least. Events of members who were erased go with them."""
        told = {each.event_id for each in evidence.told}
        recorded = {each.event_id for each in evidence.events}
        for each in evidence.events:
            if each.event_id not in told:
                yield "lost", f"the endpoint was never told of {each.type} of {each.member_id} ({each.event_id})"
        for telling in evidence.told:
            if telling.event_id not in recorded and not telling.member_id.startswith(LEAVING):
                yield (
                    "mismatches",
                    f"the endpoint was told of {telling.type} of {telling.member_id}, which is not recorded",
                )


class ToldInOrder(Judge):
    """The events of a member came in their order; what came again after a crash does not count."""

    def charges(self, evidence: Evidence) -> Iterator[Charge]:
        """By when each came first."""
        number = {each.event_id: each.sequence for each in evidence.events}
        latest: dict[str, int] = {}
        for event_id, member_id in {each.event_id: each.member_id for each in evidence.told}.items():
            if event_id in number:
                if number[event_id] < latest.get(member_id, 0):
                    yield "mismatches", f"the endpoint was told of {event_id} of {member_id} after later ones"
                latest[member_id] = max(number[event_id], latest.get(member_id, 0))


class EventsOfSubmissions(Judge):
    """A submission was received once and ended once, and the event of its end says how."""

    def charges(self, evidence: Evidence) -> Iterator[Charge]:
        """By what is recorded."""
        of: dict[str, list[str]] = {}
        for each in evidence.events:
            if each.submission_id is not None:
                of.setdefault(each.submission_id, []).append(each.type)
        for submission_id, view in evidence.views.items():
            types = of.get(submission_id, [])
            for name, times in Counter(types).items():
                if times > 1 and name in {"submission.received", *ENDS}:
                    yield "twice", f"{name} of {submission_id} was recorded {times} times"
            if "submission.received" not in types:
                yield "lost", f"the event that {submission_id} was received"
            if view and (ends := _ends(types)) != [view["state"]]:
                yield "mismatches", f"{submission_id} is {view['state']}, and events say that it is {ends}"


class Spends(Judge):
    """What a member's orders come to is what the shop was answered for."""

    def charges(self, evidence: Evidence) -> Iterator[Charge]:
        """To the cent."""
        for member_id, spent in evidence.spent.items():
            counted = evidence.counted.get(member_id, Decimal(0))
            if counted != spent:
                yield "mismatches", f"orders of {member_id} come to {spent}, and {counted} was counted"


def _ends(types: Sequence[str]) -> list[str]:
    return sorted({ENDS[each] for each in types if each in ENDS})
