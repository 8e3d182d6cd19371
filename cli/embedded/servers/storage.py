import sys
from collections.abc import Mapping
from signal import SIGTERM
from typing import ClassVar

from cli.embedded import probes
from cli.embedded.ports import LOOPBACK
from cli.embedded.servers.base import Server
from cli.embedded.tether import tether


class Storage(Server):
    """An S3 server that keeps its objects in a folder."""

    name: ClassVar = "storage"
    variable: ClassVar = "PROOFDESK_STORAGE_URL"

    def command(self, port: int) -> list[str]:
        """Run nanio."""
        options = ["--folder", str(self.folder), "--host", LOOPBACK, "--port", str(port)]
        return tether([sys.executable, "-m", "cli.embedded.servers.object_store", *options], SIGTERM)

    def variables(self) -> Mapping[str, str]:
        """The keys that it accepts."""
        keys = self.credentials
        return {"NANIO_ACCESS_KEY": keys.storage_access_key, "NANIO_SECRET_KEY": keys.storage_secret_key}

    def url(self, port: int) -> str:
        """The URL with both keys."""
        return f"http://{self.credentials.storage_access_key}:{self.credentials.storage_secret_key}@{LOOPBACK}:{port}"

    def ask(self, url: str) -> None:
        """Send an unsigned request; a refusal counts as an answer."""
        probes.web(url)
