import secrets
import socket
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cli.embedded import EmbeddedError
from cli.embedded.home import read_json, write_private

LOOPBACK: Final = "127.0.0.1"
DEFAULTS: Final = {"web": 8000, "postgres": 54320, "valkey": 63790, "storage": 9000, "mail": 2525}
# Below the range from which the kernel gives ports to outgoing connections, so that a restart finds its port free.
SPARE: Final = range(20_000, 32_000)
ATTEMPTS: Final = 500


@dataclass(frozen=True)
class Port:
    """A port that was free when it was chosen, and a note when it is not the wanted one."""

    number: int
    note: str = ""


class Ports:
    """Chooses a port for each server and remembers it for the next start. Safe to use from several threads."""

    def __init__(self, file: Path, wanted: Mapping[str, int] | None = None) -> None:
        self._file = file
        self._wanted = dict(wanted or {})
        self._chosen: dict[str, Port] = {}
        self._guard = threading.Lock()

    def __getitem__(self, name: str) -> Port:
        return self._chosen[name]

    def choose(self, name: str) -> Port:
        """Take the wanted port, else the one of the latest start, else the default; a spare one when that is taken. 0 means any."""
        with self._guard:
            wanted, note = self._preferred(name)
            port = Port(wanted, note) if wanted and self._is_free(wanted) else self._spare(wanted)
            return self._remember(name, port)

    def replace(self, name: str) -> Port:
        """Take another port, since another process has taken the chosen one."""
        with self._guard:
            return self._remember(name, self._spare(self._chosen[name].number))

    def remembered(self, name: str) -> int:
        """The port of the latest start, else the default; 0 where there is none."""
        number = read_json(self._file).get(name)
        return number if isinstance(number, int) and 0 < number < 2**16 else DEFAULTS.get(name, 0)

    def _preferred(self, name: str) -> tuple[int, str]:
        if name in self._wanted:
            return self._wanted[name], ""
        number = self.remembered(name)
        return number, "" if number == DEFAULTS.get(name, 0) else f"port {number} as at the latest start"

    def _spare(self, wanted: int) -> Port:
        for _ in range(ATTEMPTS):
            number = secrets.choice(SPARE)
            if self._is_free(number):
                return Port(number, f"port {wanted} was taken, using {number}" if wanted else "")
        raise EmbeddedError(f"No free port was found between {SPARE.start} and {SPARE.stop} on {LOOPBACK}.")

    def _is_free(self, number: int) -> bool:
        return all(number != port.number for port in self._chosen.values()) and is_free(number)

    def _remember(self, name: str, port: Port) -> Port:
        self._chosen[name] = port
        write_private(self._file, read_json(self._file) | {key: each.number for key, each in self._chosen.items()})
        return port


def is_free(number: int) -> bool:
    """Whether a server can listen on this port now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, number))
        except OSError:
            return False
    return True
