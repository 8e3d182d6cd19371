"""What can go wrong, a module for each part of the whole."""

from tests.chaos.faults import broker, clock, database, mail, processes, storage
from tests.chaos.faults.fault import FAULTS, Fault

__all__ = ["FAULTS", "Fault", "broker", "clock", "database", "mail", "processes", "storage"]
