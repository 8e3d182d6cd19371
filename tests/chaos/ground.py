"""The whole of Proofdesk in a folder of its own, with what a run needs to speak to it and to break it."""

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cli.demo.clients import Api
from cli.embedded import processes
from cli.embedded.stack import Stack
from config.container import Container, build_container
from config.policy import POLICY_FILE
from pipeline.access.api_keys import Scope, create_key
from pipeline.access.staff.reviewers import add_reviewer
from tests.chaos.disk import Disk, disk, keep_mounts_to_ourselves
from tests.chaos.failing_over import FailingOver
from tests.chaos.listener import Listener, listener
from tests.chaos.proxies.proxy import Proxy, through
from tests.support.servers import ANY_PORTS, NOTHING_GIVEN, settings_of
from tests.support.together import until

WORKERS: Final = 3
RELAYS: Final = 2
WEBS: Final = 2
NAMES: Final = tuple(processes.names(WORKERS, RELAYS, WEBS))
"""Our own processes."""
PROXIED: Final = {
    "valkey": "PROOFDESK_BROKER_URL",
    "storage": "PROOFDESK_STORAGE_URL",
    "mail": "PROOFDESK_SMTP_URL",
}
BOUNDS: Final = {
    "PROOFDESK_INTAKE_BACKLOG": "100",
    "PROOFDESK_INTAKE_AT_ONCE": "2",
    "PROOFDESK_WORKER_THREADS": "1",
}
"""More inspections than these do not wait: the doors say 429 meanwhile, and whoever probes after a fault is not behind thousands.
Seven processes of ours share two cores here, so each does few things at a time: its threads would only queue up for them."""
CHANGED: Final = {
    "undo_window_seconds = 10": "undo_window_seconds = 1",
    "claim_lease_seconds = 600": "claim_lease_seconds = 20",
}
"""A reviewer who was cut off gives the case back soon, and a run need not wait for people who change their minds."""


@dataclass(frozen=True)
class Ground:
    """A running stack. `tools` are the clients of an operator beside it, who goes past the proxies; `services` those of upstream
    services that have keys of the store and the broker, and `environment` that of a command; both go through them.

    `proxies` are by the server that they stand before; `clock_order` is the file that tells a worker to start with a
    wrong clock (tests.chaos.skewed), `listener` a service that is told of every event.
    """

    stack: Stack
    tools: Container
    services: Container
    environment: dict[str, str]
    proxies: Mapping[str, Proxy]
    disk: Disk
    clock_order: Path
    listener: Listener | None = None

    @property
    def web_urls(self) -> tuple[str, ...]:
        """Where each web process answers."""
        return tuple(each.address for each in self.stack.addresses() if processes.kind_of(each.name) == "web")

    def upstream(self) -> Api:
        """A caller who may submit and look."""
        return self._caller("upstream", Scope.SUBMIT_ALL, None)

    def reviewer(self, name: str) -> Api:
        """A caller who decides."""
        add_reviewer(name, db=self.tools.db)
        return self._caller(name, Scope.REVIEW, name)

    def pid(self, name: str) -> int:
        """The process of that name; waits for one that is being restarted."""
        return until(lambda: self.stack.pids(name).get(name), seconds=30) or 0

    def tasks_under_way(self) -> int:
        """How many tasks a worker has claimed. Raises DatabaseUnavailable."""
        with self.tools.db.begin() as connection:
            return int(connection.exec_driver_sql("SELECT count(*) FROM task WHERE state = 'running'").scalar_one())

    def _caller(self, name: str, scope: Scope, reviewer: str | None) -> Api:
        _, key = create_key(name, [scope], reviewer_id=reviewer, db=self.tools.db)
        return FailingOver(self.web_urls, key)


@contextmanager
def ground(folder: Path) -> Iterator[Ground]:
    """Start everything beneath `folder`, under a policy with short waits."""
    policy, home, order = folder / "policy.toml", folder / "home", folder / "clock"
    policy.write_text(_changed(POLICY_FILE.read_text()))
    given = {
        **NOTHING_GIVEN,
        **BOUNDS,
        "PROOFDESK_POLICY_FILE": str(policy),
        "PROOFDESK_LOG_FORMAT": "json",
        "PROOFDESK_LOG_LEVEL": "WARNING",
    }
    keep_mounts_to_ourselves()
    with ExitStack() as opened:
        proxies = {server: opened.enter_context(Proxy()) for server in PROXIED}
        stack = Stack(
            home,
            workers=WORKERS,
            relays=RELAYS,
            webs=WEBS,
            preferred_ports=ANY_PORTS,
            environment=given,
            commands=_commands(order),
            route=lambda known: _through(proxies, known),
        )
        store = opened.enter_context(disk(home / "storage", pid=lambda: stack.pids("storage").get("storage", 0)))
        opened.enter_context(stack)
        routed = _through(proxies, stack.environment())
        tools, services = (
            build_container(settings_of(known, policy_file=policy), patient=False)
            for known in (stack.environment(), routed)
        )
        opened.callback(tools.close)
        opened.callback(services.close)
        told = opened.enter_context(listener())
        told.register(tools)
        yield Ground(stack, tools, services, dict(os.environ) | given | routed, proxies, store, order, told)


def _commands(order: Path) -> dict[str, tuple[str, ...]]:
    """Workers look for an order at their start."""
    skewed = (sys.executable, "-m", "tests.chaos.skewed", str(order), "workers")
    return {**{kind: tuple(command) for kind, command in processes.COMMANDS.items()}, "worker": skewed}


def _through(proxies: Mapping[str, Proxy], known: Mapping[str, str]) -> dict[str, str]:
    """The variables of whoever reaches three servers through proxies."""
    routed = dict(known)
    for server, variable in PROXIED.items():
        proxies[server].lead_to(known[variable])
        routed[variable] = through(proxies[server], known[variable])
    return routed


def _changed(text: str) -> str:
    for before, after in CHANGED.items():
        if before not in text:
            raise LookupError(f"The policy says no longer: {before}")
        text = text.replace(before, after)
    return text
