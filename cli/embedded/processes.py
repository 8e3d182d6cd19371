import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from signal import SIGTERM
from types import MappingProxyType
from typing import Final

from cli.embedded import AddressInUseError, probes
from cli.embedded.child import Child, Spec
from cli.embedded.launch import SECONDS_TO_ANSWER, Launch
from cli.embedded.ports import LOOPBACK
from cli.embedded.readiness import await_answer
from cli.embedded.tether import tether

COMMANDS: Final[Mapping[str, Sequence[str]]] = MappingProxyType(
    {
        "migrate": (sys.executable, "-m", "cli", "migrate"),
        "web": (sys.executable, "-m", "web"),
        "worker": (sys.executable, "-m", "workers"),
        "relay": (sys.executable, "-m", "workers.relay"),
    },
)


def names(workers: int, relays: int, webs: int = 1) -> list[str]:
    """The names of the processes to run. The first web process is `web`, the next is `web-2` and so on."""
    ours = {"worker": workers, "relay": relays}
    numbered = [f"{kind}-{n + 1}" for kind, count in ours.items() for n in range(count)]
    return ["web", *(f"web-{n + 1}" for n in range(1, webs)), *numbered]


def kind_of(name: str) -> str:
    """The kind of the process with this name: web, worker, relay or migrate."""
    return name.partition("-")[0]


@dataclass(frozen=True)
class Processes:
    """Our processes and their environment. `ports` are those of the web processes, by name."""

    launch: Launch
    commands: Mapping[str, Sequence[str]]
    names: list[str]
    environment: Mapping[str, str] = field(repr=False)
    ports: Mapping[str, int]

    def migrate(self) -> None:
        """Migrate the database. Raises EmbeddedError with the end of its log when that fails."""
        self.launch.once(self._spec("migrate"))

    def start(self) -> None:
        """Start all, and return when each `web` answers on its port. Raises AddressInUseError after ending all of them."""
        children = {name: self.launch.supervisor.start(self._spec(name)) for name in self.names}
        try:
            for name, port in self.ports.items():
                self._await_web(children[name], port)
        except AddressInUseError:
            self.launch.supervisor.end(children.values())
            raise
        for child in children.values():
            self.launch.supervisor.keep_running(child)

    def _await_web(self, child: Child, port: int) -> None:
        await_answer(
            child,
            lambda: probes.web(f"http://{LOOPBACK}:{port}/healthz"),
            port=port,
            seconds=SECONDS_TO_ANSWER,
            aborting=self.launch.aborting,
        )

    def _spec(self, name: str) -> Spec:
        own = {"PROOFDESK_WEB_PORT": str(self.ports[name])} if name in self.ports else {}
        return Spec(
            name=name,
            command=tuple(tether([*self.commands[kind_of(name)]], SIGTERM)),
            environment={**self.environment, **own},
            log=self.launch.home.log(name),
        )
