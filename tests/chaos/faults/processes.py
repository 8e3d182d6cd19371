"""Our own processes are killed and frozen."""

from typing import Final

from tests.chaos.faults.fault import FOR_EVERY_THREAD
from tests.chaos.faults.signals import Frozen, Killed
from tests.chaos.ground import NAMES

_WEBS: Final = tuple(name for name in NAMES if name.startswith("web"))
WORKERS: Final = tuple(name for name in NAMES if name.startswith("worker"))
_RELAYS: Final = tuple(name for name in NAMES if name.startswith("relay"))


class WorkerKilled(Killed):
    name, victims, crowd = "worker_killed", WORKERS, FOR_EVERY_THREAD


class RelayKilled(Killed):
    name, victims = "relay_killed", _RELAYS


class WebKilled(Killed):
    name, victims = "web_killed", _WEBS


class WorkerFrozen(Frozen):
    name, victims, crowd = "worker_frozen", WORKERS, FOR_EVERY_THREAD


class WorkerFrozenPastItsLease(Frozen):
    name, victims, crowd, seconds = "worker_frozen_past_its_lease", WORKERS, FOR_EVERY_THREAD, (62, 70)


class RelayFrozen(Frozen):
    name, victims = "relay_frozen", _RELAYS


class WebFrozen(Frozen):
    name, victims = "web_frozen", _WEBS
