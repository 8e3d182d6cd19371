import threading
from collections.abc import Mapping
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from typing import Final

from cli.embedded import AbortedError, AddressInUseError
from cli.embedded.child import Spec
from cli.embedded.home import Home
from cli.embedded.ports import Ports
from cli.embedded.readiness import await_answer, await_end
from cli.embedded.servers.base import Server
from cli.embedded.supervisor import Supervisor
from cli.embedded.variables import child_environment

ATTEMPTS: Final = 5
SECONDS_TO_ANSWER: Final = 60.0
SECONDS_TO_FINISH: Final = 300.0


@dataclass(frozen=True)
class Launch:
    """Starts the parts of one stack. Setting `aborting` ends every wait with AbortedError."""

    home: Home
    ports: Ports
    supervisor: Supervisor
    environment: Mapping[str, str] = field(repr=False)
    aborting: threading.Event

    def servers(self, servers: list[Server]) -> None:
        """Start all at the same time. When one fails, the others are aborted and its error is raised."""
        for server in servers:
            self.ports.choose(server.name)
        with ThreadPoolExecutor(max_workers=max(len(servers), 1)) as pool:
            futures = [pool.submit(self._server, server) for server in servers]
            try:
                wait(futures, return_when=FIRST_EXCEPTION)
                if any(future.done() and future.exception() for future in futures):
                    self.aborting.set()
            except BaseException:
                self.aborting.set()
                raise
        errors = [error for future in futures if (error := future.exception())]
        for error in sorted(errors, key=lambda each: isinstance(each, AbortedError)):
            raise error

    def once(self, spec: Spec) -> None:
        """Run a command to its end. Raises EmbeddedError when it fails."""
        child = self.supervisor.start(spec)
        try:
            await_end(child, seconds=SECONDS_TO_FINISH, aborting=self.aborting)
        finally:
            self.supervisor.end([child])

    def _server(self, server: Server) -> None:
        server.prepare(lambda name, command: self.once(self._spec(server, name, command)))
        for _ in range(ATTEMPTS - 1):
            try:
                return self._at_its_port(server)
            except AddressInUseError:
                self.ports.replace(server.name)
        return self._at_its_port(server)

    def _at_its_port(self, server: Server) -> None:
        port = self.ports[server.name].number
        child = self.supervisor.start(self._spec(server, server.name, server.command(port)))
        try:
            await_answer(
                child, lambda: server.answer(port), port=port, seconds=SECONDS_TO_ANSWER, aborting=self.aborting
            )
            server.complete(port)
        except BaseException:
            self.supervisor.end([child])
            raise
        self.supervisor.keep_running(child)

    def _spec(self, server: Server, name: str, command: list[str]) -> Spec:
        environment = child_environment(self.home, self.environment, server.variables(), foreign=False)
        return Spec(
            name=name,
            command=tuple(command),
            environment=environment,
            log=self.home.log(name),
            folder=server.working_folder,
            ending=server.ending,
        )
