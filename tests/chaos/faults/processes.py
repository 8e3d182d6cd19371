"""Our own processes are killed and frozen."""

import contextlib
from typing import Final

import psutil
import redis

from tests.chaos.faults.database import AT_PORTS, asked
from tests.chaos.faults.fault import FOR_EVERY_THREAD
from tests.chaos.faults.signals import Frozen, Killed
from tests.chaos.ground import NAMES

WEBS: Final = tuple(name for name in NAMES if name.startswith("web"))
WORKERS: Final = tuple(name for name in NAMES if name.startswith("worker"))
RELAYS: Final = tuple(name for name in NAMES if name.startswith("relay"))


class WorkerKilled(Killed):
    name, victims, crowd = "worker_killed", WORKERS, FOR_EVERY_THREAD


class RelayKilled(Killed):
    name, victims = "relay_killed", RELAYS


class WebKilled(Killed):
    name, victims = "web_killed", WEBS


class WorkerFrozen(Frozen):
    name, victims, crowd = "worker_frozen", WORKERS, FOR_EVERY_THREAD


class WorkerFrozenPastItsLease(Frozen):
    name, victims, crowd, seconds = "worker_frozen_past_its_lease", WORKERS, FOR_EVERY_THREAD, (62, 70)


class WorkerPausedForAnHour(Frozen):
    """A worker's machine sleeps, and everybody else has given it up meanwhile, as after an hour: its tasks were done by others, and the
    servers have ended its connections."""

    name, victims, crowd, seconds = "worker_paused_for_an_hour", WORKERS, FOR_EVERY_THREAD, (12, 18)

    def begin(self) -> None:
        """Stop it, and then end what it has at the database and at the broker."""
        super().begin()
        with contextlib.suppress(psutil.NoSuchProcess):
            ports = {
                each.laddr.port for process in self._stopped for each in process.net_connections("tcp") if each.laddr
            }
            asked(self.ground, AT_PORTS.format(ports=", ".join(map(str, ports or {0}))))
            with contextlib.suppress(redis.RedisError):
                broker = self.ground.tools.broker.client
                for each in broker.client_list():
                    if int(each["addr"].rpartition(":")[2]) in ports:
                        broker.client_kill_filter(addr=each["addr"])


class RelayFrozen(Frozen):
    name, victims = "relay_frozen", RELAYS


class WebFrozen(Frozen):
    name, victims = "web_frozen", WEBS
