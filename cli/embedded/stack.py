import os
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from cli.embedded import AddressInUseError, leftovers, processes
from cli.embedded.credentials import credentials
from cli.embedded.home import Home, HomeLock, write_private
from cli.embedded.launch import ATTEMPTS, Launch
from cli.embedded.output import Echo
from cli.embedded.ports import Ports
from cli.embedded.processes import Processes
from cli.embedded.record import Address, AlreadyUp, Health, Running, read_record, running, write_record
from cli.embedded.servers.base import Server
from cli.embedded.servers.mail import Mail
from cli.embedded.servers.postgres import Postgres
from cli.embedded.servers.storage import Storage
from cli.embedded.servers.valkey import Valkey
from cli.embedded.supervisor import OnEvent, Supervisor, ignore
from cli.embedded.survey import Survey
from cli.embedded.variables import child_environment, external_urls, stack_variables
from pipeline.inspection.confinement.available import unavailable

SERVERS: Final[tuple[type[Server], ...]] = (Postgres, Valkey, Storage, Mail)
SECONDS_FOR_LOCK: Final = 0.5
PAUSE: Final = 0.05

__all__ = ["Address", "AlreadyUp", "Health", "Running", "Stack", "running"]


class Stack:
    """Four servers and our own processes in one folder, supervised from `start` to `stop`.

    `environment` overrides this process's own; an address in either replaces a server. `on_event` gets a name such as `child.died`
    and fields, also from the supervising thread. `commands` are those of our own processes, by kind; `route` may change their
    variables, for example to reach a server through a proxy.
    """

    def __init__(  # noqa: PLR0913 all but the first have a default and a name
        self,
        home: Path,
        *,
        workers: int = 2,
        relays: int = 1,
        webs: int = 1,
        services: bool = True,
        preferred_ports: Mapping[str, int] | None = None,
        environment: Mapping[str, str] | None = None,
        on_event: OnEvent = ignore,
        echo: bool = False,
        commands: Mapping[str, Sequence[str]] = processes.COMMANDS,
        route: Callable[[dict[str, str]], dict[str, str]] = dict,
    ) -> None:
        self.home = Home.at(home)
        self.stop_requested = threading.Event()
        self._names = processes.names(workers, relays, webs) if services else []
        self._preferred_ports = dict(preferred_ports or {})
        self._base = {**os.environ, **(environment or {})}
        self._on_event, self._echo = on_event, echo
        self._commands, self._route = commands, route
        self._lock = HomeLock(self.home.lock)
        self._aborting = threading.Event()
        self._supervisor: Supervisor | None = None
        self._survey: Survey | None = None
        self._environment: dict[str, str] = {}
        self._follower: Echo | None = None

    def start(self) -> None:
        """Start everything and return when it answers. Raises AlreadyUp or EmbeddedError."""
        self.home.make()
        self._take_lock()
        try:
            self._start()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """End our processes, then the servers, then release the home. Does nothing when the stack is not up."""
        self._aborting.set()
        if not self._lock.held:
            return
        if self._supervisor is not None:
            self._end_all(self._supervisor)
        self._supervisor = self._survey = None
        self._environment = {}
        for file in (self.home.children, self.home.environment, self.home.stack):
            file.unlink(missing_ok=True)
        self._lock.release()
        self._on_event("stack.stopped", {})

    def supervise(self) -> None:
        """Block until `stop_requested` is set, from a signal handler for instance."""
        while not self.stop_requested.is_set():  # not wait(): a handler that sets it while its lock is held would hang
            time.sleep(PAUSE)

    def addresses(self) -> list[Address]:
        """The address of each part; empty when the stack is not up."""
        return self._survey.addresses() if self._survey else []

    def health(self) -> list[Health]:
        """Whether each part answers; empty when the stack is not up."""
        return self._survey.health() if self._survey else []

    def environment(self) -> dict[str, str]:
        """The PROOFDESK_* variables of the stack; empty when it is not up."""
        return dict(self._environment)

    def pids(self, name: str | None = None) -> dict[str, int]:
        """The process ids of the living children by name, or of the named one."""
        children = self._supervisor.children() if self._supervisor else {}
        living = {key: child.pid for key, child in children.items() if name in (None, key)}
        return {key: pid for key, pid in living.items() if pid is not None}

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _take_lock(self) -> None:
        deadline = time.monotonic() + SECONDS_FOR_LOCK
        while not self._lock.acquire():
            holder = read_record(self.home)
            if holder is not None or time.monotonic() > deadline:
                raise AlreadyUp(holder or Running(0, [], {}))
            time.sleep(PAUSE)  # another command is only checking the lock, or took it a moment ago

    def _start(self) -> None:
        self._aborting.clear()
        write_record(self.home, [])
        if found := leftovers.clean(self.home):
            self._on_event("leftovers.cleaned", {"ended": found.ended, "files": found.files})
        self._supervisor = Supervisor(self.home, self._report)
        survey, launch = self._plan(self._supervisor)
        launch.servers([server for server in survey.servers if server.name not in survey.external])
        self._survey = survey
        self._start_processes(survey, launch)
        write_record(self.home, survey.addresses())
        self._on_event("stack.started", {})

    def _plan(self, supervisor: Supervisor) -> tuple[Survey, Launch]:
        secrets = credentials(self.home)
        servers = [kind(self.home, secrets) for kind in SERVERS]
        ports = Ports(self.home.ports, self._preferred_ports)
        external = external_urls(servers, ports, self._base)
        survey = Survey(self.home, servers, external, ports, self._names, supervisor)
        survey.choose_web_ports()
        return survey, Launch(self.home, ports, supervisor, self._base, self._aborting)

    def _start_processes(self, survey: Survey, launch: Launch) -> None:
        self._publish(survey)
        if not self._names:
            return
        if self._echo:
            self._follower = Echo((name, self.home.log(name)) for name in ("migrate", *self._names))
        self._processes(survey, launch).migrate()
        for left in reversed(range(ATTEMPTS)):
            try:
                self._processes(survey, launch).start()
            except AddressInUseError:
                if not left:
                    raise
                survey.replace_web_ports()
                self._publish(survey)
            else:
                return

    def _publish(self, survey: Survey) -> None:
        sandbox = self._base.get("PROOFDESK_SANDBOX") or ("best-effort" if unavailable() else "required")
        self._environment = stack_variables(
            self.home,
            survey.urls(),
            survey.ports["web"].number,
            encryption_key=credentials(self.home).encryption_key,
            sandbox=sandbox,
        )
        write_private(self.home.environment, self._environment)

    def _processes(self, survey: Survey, launch: Launch) -> Processes:
        foreign = "postgres" in survey.external
        environment = child_environment(self.home, self._base, self._route(self._environment), foreign=foreign)
        return Processes(launch, self._commands, self._names, environment, survey.web_ports())

    def _end_all(self, supervisor: Supervisor) -> None:
        servers = {kind.name for kind in SERVERS}
        children = supervisor.children()
        supervisor.end(child for name, child in children.items() if name not in servers)
        supervisor.end(child for name, child in children.items() if name in servers)
        supervisor.close()
        if self._follower is not None:
            self._follower.close()
            self._follower = None

    def _report(self, event: str, fields: dict[str, object]) -> None:
        if self._survey is not None:
            write_record(self.home, self._survey.addresses())
        self._on_event(event, fields)
