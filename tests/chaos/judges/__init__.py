"""Who judges a run: each module registers the judges of one matter."""

from tests.chaos.judges import erasures, events, mails, membership, objects, submissions, tasks
from tests.chaos.judges.judge import JUDGES, Charge, Judge, judged
from tests.chaos.judges.mails import resent

__all__ = [
    "JUDGES",
    "Charge",
    "Judge",
    "erasures",
    "events",
    "judged",
    "mails",
    "membership",
    "objects",
    "resent",
    "submissions",
    "tasks",
]
