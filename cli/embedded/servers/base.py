from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from pathlib import Path
from signal import SIGKILL, SIGTERM, Signals
from typing import ClassVar

from cli.embedded.credentials import Credentials
from cli.embedded.layout import Home

RunOnce = Callable[[str, list[str]], None]


class Server(ABC):
    """One of the four servers. It knows its command and its address; it starts nothing itself."""

    name: ClassVar[str]
    variable: ClassVar[str]
    ending: ClassVar[tuple[tuple[Signals, float], ...]] = ((SIGTERM, 10.0), (SIGKILL, 5.0))

    def __init__(self, home: Home, credentials: Credentials) -> None:
        self.home = home
        self.credentials = credentials

    @property
    def folder(self) -> Path:
        """Where its data lies."""
        return self.home.path / self.name

    @property
    def working_folder(self) -> Path | None:
        """Where its process runs; None is where we run."""
        return None

    def prepare(self, run_once: RunOnce) -> None:  # noqa: ARG002 only PostgreSQL needs a program for it
        """Make its folder ready; `run_once(name, command)` runs a program to its end."""
        self.folder.mkdir(mode=0o700, exist_ok=True)

    @abstractmethod
    def command(self, port: int) -> list[str]:
        """Give what starts it in the foreground, ended by the system when the thread that started it ends."""

    @abstractmethod
    def url(self, port: int) -> str:
        """Its address, with credentials."""

    @abstractmethod
    def ask(self, url: str) -> None:
        """Return when it answers, as ours or as an external one. Raises one of probes.NOT_READY."""

    def answer(self, port: int) -> None:
        """Return when it answers for the first time after a start. Raises one of probes.NOT_READY."""
        self.ask(self.url(port))

    def variables(self) -> Mapping[str, str]:
        """Give what it needs in its environment."""
        return {}

    def complete(self, port: int) -> None:  # noqa: B027 most have nothing left to do
        """Do what is left once it answers; for most, nothing."""
