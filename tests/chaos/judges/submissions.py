"""What became of what was accepted and decided."""

from collections import Counter
from collections.abc import Iterator
from typing import Final

from tests.chaos.evidence import Evidence
from tests.chaos.judges.judge import Charge, Judge
from tests.chaos.reviewers import verdict
from tests.chaos.traffic import ended

STATES: Final = {"approve": "approved", "reject": "rejected"}


class Ends(Judge):
    """Every accepted submission is known and has ended, and stays as it ended."""

    def charges(self, evidence: Evidence) -> Iterator[Charge]:
        """Lost is what is unknown or stuck."""
        listed = {line["id"]: line["state"] for line in evidence.listed}
        for submission_id, view in evidence.views.items():
            if not ended(view):
                state = f"{view['state']}, {view['effects']}" if view else "unknown"
                yield "lost", f"{submission_id} is {state}"
            elif listed.get(submission_id) != view["state"]:
                yield "mismatches", f"{submission_id} is {view['state']} and listed as {listed.get(submission_id)}"


class Acceptances(Judge):
    """The service knows just what clients were told that it accepted."""

    def charges(self, evidence: Evidence) -> Iterator[Charge]:
        """An id that no client was told is a second acceptance of something."""
        for sentence in evidence.journal.twice:
            yield "twice", sentence
        for sentence in evidence.journal.trouble:
            yield "mismatches", sentence
        told = set(evidence.journal.accepted.values())
        for line in evidence.listed:
            if line["id"] not in told:
                yield "twice", f"{line['id']} of {line['member_id']} was accepted, and no client was told"


class Decisions(Judge):
    """Each decision that was answered is the one that stands."""

    def charges(self, evidence: Evidence) -> Iterator[Charge]:
        """One for each submission; the state and the verdict follow from it."""
        counted = Counter(each["submission_id"] for each in evidence.journal.decisions)
        for submission_id, times in counted.items():
            if times > 1:
                yield "twice", f"{submission_id} was decided {times} times"
        for each in evidence.journal.decisions:
            view = evidence.views.get(each["submission_id"]) or {"decision": None, "state": "unknown"}
            if not view["decision"] or (view["decision"]["id"], view["state"]) != (each["id"], STATES[each["verdict"]]):
                yield "lost", f"decision {each['id']} of {each['submission_id']}, which is {view['state']}"
        for submission_id, view in evidence.views.items():
            if view and view["decision"] and view["decision"]["verdict"] != verdict(submission_id, view["kind"]):
                yield "mismatches", f"{submission_id} has a verdict that nobody gave"
