"""What can go wrong, a module for each part of the whole."""

from tests.chaos.faults import broker, clock, database, events, mail, policy, processes, storage, sweep
from tests.chaos.faults.fault import FAULTS, Fault

__all__ = [
    "FAULTS",
    "Fault",
    "broker",
    "clock",
    "database",
    "events",
    "mail",
    "policy",
    "processes",
    "storage",
    "sweep",
]
