import sys
from pathlib import Path
from signal import SIGTERM
from typing import ClassVar

from cli.embedded import probes
from cli.embedded.ports import LOOPBACK
from cli.embedded.servers.base import Server
from cli.embedded.tether import tether


class Mail(Server):
    """Our own mail sink: it delivers nothing and keeps each mail as a file."""

    name: ClassVar = "mail"
    variable: ClassVar = "PROOFDESK_SMTP_URL"

    @property
    def folder(self) -> Path:
        """The folder of the mails."""
        return self.home.mail

    def command(self, port: int) -> list[str]:
        """Run the mail sink."""
        module = [sys.executable, "-m", "cli.embedded.mail_sink"]
        return tether([*module, "--port", str(port), "--folder", str(self.folder)], SIGTERM)

    def url(self, port: int) -> str:
        """Without credentials: it has no login."""
        return f"smtp://{LOOPBACK}:{port}"

    def ask(self, url: str) -> None:
        """Read the banner."""
        probes.mail(url)
