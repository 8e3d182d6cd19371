from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from pathlib import Path
from signal import SIGKILL, SIGTERM, Signals
from typing import ClassVar

from cli.embedded.credentials import Credentials
from cli.embedded.home import Home

RunOnce = Callable[[str, list[str]], None]


class Server(ABC):
    """One of the four servers: its command, its address and its probe. `Launch` starts it."""

    name: ClassVar[str]
    variable: ClassVar[str]
    ending: ClassVar[tuple[tuple[Signals, float], ...]] = ((SIGTERM, 10.0), (SIGKILL, 5.0))

    def __init__(self, home: Home, credentials: Credentials) -> None:
        self.home = home
        self.credentials = credentials

    @property
    def folder(self) -> Path:
        """The folder of its data."""
        return self.home.path / self.name

    @property
    def working_folder(self) -> Path | None:
        """The working directory of its process; None means ours."""
        return None

    def prepare(self, run_once: RunOnce) -> None:  # noqa: ARG002 only PostgreSQL needs a program for it
        """Prepare its folder; `run_once(name, command)` runs a program to its end."""
        self.folder.mkdir(mode=0o700, exist_ok=True)

    @abstractmethod
    def command(self, port: int) -> list[str]:
        """The command that runs it in the foreground and is ended by the kernel when the thread that started it ends."""

    @abstractmethod
    def url(self, port: int) -> str:
        """Its address, with credentials."""

    def more_urls(self, port: int) -> Mapping[str, str]:  # noqa: ARG002 only PostgreSQL has more
        """Its addresses for other roles, by variable."""
        return {}

    @abstractmethod
    def ask(self, url: str) -> None:
        """Return when it answers, whether it is ours or an external one. Raises one of probes.NOT_READY."""

    def answer(self, port: int) -> None:
        """Return when it answers for the first time after a start. Raises one of probes.NOT_READY."""
        self.ask(self.url(port))

    def variables(self) -> Mapping[str, str]:
        """The variables that it needs."""
        return {}

    def complete(self, port: int) -> None:  # noqa: B027 most have nothing to complete
        """Complete its setup once it answers; most have nothing to do."""
