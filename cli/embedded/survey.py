from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from urllib.parse import urlsplit, urlunsplit

from cli.embedded import probes
from cli.embedded.child import Child
from cli.embedded.home import Home
from cli.embedded.ports import LOOPBACK, Ports
from cli.embedded.processes import kind_of
from cli.embedded.record import Address, Health
from cli.embedded.servers.base import Server
from cli.embedded.supervisor import Supervisor


@dataclass(frozen=True)
class Survey:
    """The parts of one stack. `external` has the addresses of the servers that are not ours, by name."""

    home: Home
    servers: list[Server]
    external: Mapping[str, str] = field(repr=False)
    ports: Ports
    processes: list[str]
    supervisor: Supervisor

    def addresses(self) -> list[Address]:
        """The address of each server, then of each of our processes."""
        return [self._server(server) for server in self.servers] + [self._process(name) for name in self.processes]

    def health(self) -> list[Health]:
        """Whether each server and web process answers, and whether the others run. A part that hangs takes two seconds."""
        servers = [_health(server.name, partial(server.ask, self.url(server))) for server in self.servers]
        return servers + [self._process_health(name) for name in self.processes]

    def web_ports(self) -> dict[str, int]:
        """The port of each web process, by its name."""
        return {name: self.ports[name].number for name in filter(_is_web, self.processes)}

    def choose_web_ports(self) -> None:
        """Choose a port for each web process; also for the first one when none is to run."""
        for name in dict.fromkeys(["web", *filter(_is_web, self.processes)]):
            self.ports.choose(name)

    def replace_web_ports(self) -> None:
        """Choose other ports, since another process has taken one."""
        for name in self.web_ports():
            self.ports.replace(name)

    def url(self, server: Server) -> str:
        """The server's address, with credentials."""
        return self.external.get(server.name) or server.url(self.ports[server.name].number)

    def urls(self) -> dict[str, str]:
        """The address of each server by its variable; ours also for other roles."""
        found = {server.variable: self.url(server) for server in self.servers}
        for server in self.servers:
            if server.name not in self.external:
                found |= server.more_urls(self.ports[server.name].number)
        return found

    def _server(self, server: Server) -> Address:
        address = without_secret(self.url(server))
        if server.name in self.external:
            return Address(server.name, address, "external", note=f"from {server.variable}")
        return self._ours(server.name, address, self.ports[server.name].note, str(server.folder))

    def _process(self, name: str) -> Address:
        if not _is_web(name):
            return self._ours(name, "", "", "")
        port = self.ports[name]
        return self._ours(name, f"http://{LOOPBACK}:{port.number}", port.note, "")

    def _ours(self, name: str, address: str, note: str, folder: str) -> Address:
        child = self._child(name)
        pid = child.pid if child else None
        restarts = f"restarted {child.restarts} times" if child and child.restarts else ""
        notes = ", ".join(filter(None, [note, restarts]))
        return Address(name, address, "up" if pid else "down", pid=pid, note=notes, folder=folder)

    def _process_health(self, name: str) -> Health:
        child = self._child(name)
        if child is None or child.pid is None:
            return Health(name, healthy=False, detail="is not running")
        if not _is_web(name):
            return Health(name, healthy=True, detail=f"runs as process {child.pid}")
        return _health(name, partial(probes.web, f"http://{LOOPBACK}:{self.ports[name].number}/healthz"))

    def _child(self, name: str) -> Child | None:
        return self.supervisor.children().get(name)


def _is_web(name: str) -> bool:
    return kind_of(name) == "web"


def without_secret(url: str) -> str:
    """The address without user, password and query, which may have a password in it too."""
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


def _health(name: str, ask: Callable[[], None]) -> Health:
    try:
        ask()
    except probes.NOT_READY as error:
        first_line = (str(error).strip() or type(error).__name__).splitlines()[0]
        return Health(name, healthy=False, detail=f"does not answer: {first_line}")
    return Health(name, healthy=True, detail="answers")
