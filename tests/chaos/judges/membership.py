"""Levels and chances: each follows from what was decided, once."""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, Final

from pipeline.submission.lifecycle import GIVES_CHANCE_BACK
from tests.chaos.evidence import Evidence
from tests.chaos.judges.judge import Charge, Judge

CHANCES: Final = 5


class Levels(Judge):
    """A member has the stages that were approved, and the level of the highest."""

    def charges(self, evidence: Evidence) -> Iterator[Charge]:
        """What approvals give, no more and no less."""
        for member_id, membership in evidence.memberships.items():
            approved = set(_approvals(evidence, member_id).values())
            rungs = [rung["stage"] for rung in membership["stages"]]
            unlocked = {rung["stage"] for rung in membership["stages"][1:] if rung["unlocked"]}
            if unlocked != approved:
                yield "mismatches", f"{member_id} has {sorted(unlocked)}, approved is {sorted(approved)}"
            if membership["level"] != max(approved, key=rungs.index, default=rungs[0]):
                yield "mismatches", f"{member_id} has level {membership['level']}, approved is {sorted(approved)}"


class LevelSteps(Judge):
    """The changes of a member's level lead from the lowest rung to the present one, each level reached once."""

    def charges(self, evidence: Evidence) -> Iterator[Charge]:
        """Each change begins where the one before it ended."""
        for member_id, membership in evidence.memberships.items():
            history = membership["history"]
            for level, times in Counter(change["to_level"] for change in history).items():
                if times > 1:
                    yield "twice", f"{member_id} came to {level} {times} times"
            begun = [change["from_level"] for change in history] + [membership["level"]]
            reached = [membership["stages"][0]["stage"]] + [change["to_level"] for change in history]
            if begun != reached:
                yield "mismatches", f"{member_id} came to {reached}, and went on from {begun}"


class LevelCauses(Judge):
    """Each change of a level is caused by one approval of that stage, and each approval that raises a level causes one."""

    def charges(self, evidence: Evidence) -> Iterator[Charge]:
        """An approval without a change is one of a stage that was reached already or lies below."""
        for member_id, membership in evidence.memberships.items():
            approvals = _approvals(evidence, member_id)
            causes = Counter(change["cause"] for change in membership["history"])
            for cause, times in causes.items():
                if times > 1:
                    yield "twice", f"{cause} changed the level of {member_id} {times} times"
            for change in membership["history"]:
                if approvals.get(change["cause"]) != change["to_level"]:
                    yield (
                        "mismatches",
                        f"{change['cause']} made {member_id} {change['to_level']}, and approved no such stage",
                    )
            yield from _without_effect(member_id, membership, approvals)


class Chances(Judge):
    """No more than five chances are held for a stage, none of them twice."""

    def charges(self, evidence: Evidence) -> Iterator[Charge]:
        """Counted from the submissions, and held against what the member is told."""
        for member_id, membership in evidence.memberships.items():
            views = evidence.of_member(member_id, "verification")
            for rung in membership["stages"]:
                held = [
                    v["chance"] for v in views if v["stage"] == rung["stage"] and v["state"] not in GIVES_CHANCE_BACK
                ]
                if len(held) > CHANCES or len(set(held)) < len(held):
                    yield "twice", f"{member_id} holds the chances {sorted(held)} of {rung['stage']}"
                if rung["chances_left"].get("materials", CHANCES) != CHANCES - len(held):
                    yield "mismatches", f"{member_id} is told {rung['chances_left']} with {held} of {rung['stage']}"


def _approvals(evidence: Evidence, member_id: str) -> dict[str, str]:
    """The stages that were approved, by the decision."""
    views = evidence.of_member(member_id, "verification")
    return {view["decision"]["id"]: view["stage"] for view in views if view["state"] == "approved"}


def _without_effect(member_id: str, membership: Mapping[str, Any], approvals: Mapping[str, str]) -> Iterator[Charge]:
    rungs = [rung["stage"] for rung in membership["stages"]]
    causes = {change["cause"] for change in membership["history"]}
    reached = {change["to_level"] for change in membership["history"]}
    for decision_id, stage in approvals.items():
        outranked = rungs.index(stage) < rungs.index(membership["level"])
        if decision_id not in causes and stage not in reached and not outranked:
            yield "lost", f"{decision_id} approved {stage} for {member_id}, whose level it did not change"
