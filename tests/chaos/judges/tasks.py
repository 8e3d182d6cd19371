"""What the ledger holds at the end."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from pipeline.tasks.rules import CHECKPOINT_AUDIT, KINDS, TaskState
from pipeline.tasks.schedule import SCHEDULE
from tests.chaos.evidence import Evidence
from tests.chaos.judges.judge import Charge, Judge

REPEATS_PER_FAULT: Final = 12
"""How many tries one fault may cost: all that three workers with two threads have under way, and once more."""

BY_THE_CLOCK: Final = frozenset({CHECKPOINT_AUDIT.name, *(each.kind.name for each in SCHEDULE)})


class Parked(Judge):
    """Nothing waits for an operator but the poison that was planted."""

    def charges(self, evidence: Evidence) -> Iterator[Charge]:
        """By the operator's own list."""
        for task in evidence.tasks:
            if task["state"] == TaskState.PARKED and task["ref_id"] not in evidence.journal.planted:
                yield "mismatches", f"{task['kind']} of {task['ref_id']} is parked: {task['last_error']}"


class Unfinished(Judge):
    """No work is left. What comes round by the clock may have come at this very moment."""

    def charges(self, evidence: Evidence) -> Iterator[Charge]:
        """A task that is neither done nor parked."""
        for task in evidence.tasks:
            if task["state"] not in {TaskState.DONE, TaskState.PARKED} and task["kind"] not in BY_THE_CLOCK:
                yield "lost", f"{task['kind']} of {task['ref_id']} is {task['state']} after {task['attempts']} tries"


class Attempts(Judge):
    """No task was tried more often than its kind may be, and all together not more often than the faults explain."""

    def charges(self, evidence: Evidence) -> Iterator[Charge]:
        """A dependency that is away uses up no try."""
        for task in evidence.tasks:
            most = KINDS[task["kind"]].max_tries
            if task["attempts"] > most:
                yield "mismatches", f"{task['kind']} of {task['ref_id']} was tried {task['attempts']} times of {most}"
        if repeats(evidence.tasks) > REPEATS_PER_FAULT * evidence.faults:
            yield "mismatches", f"{repeats(evidence.tasks)} tries were repeated over {evidence.faults} faults"


def repeats(tasks: Sequence[Mapping[Any, Any]]) -> int:
    """How many tries were not the first of their task."""
    return sum(max(0, task["attempts"] - 1) for task in tasks)
