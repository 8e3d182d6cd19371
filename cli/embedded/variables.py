from collections.abc import Iterable, Mapping
from typing import Final

from cli.embedded.audit_key import audit_key
from cli.embedded.credentials import receipt_key
from cli.embedded.home import Home
from cli.embedded.leftovers import MARK
from cli.embedded.ports import LOOPBACK, Ports
from cli.embedded.servers.base import Server

# Settings of other installations of the same servers, which must not reach ours.
FOREIGN: Final = ("PG", "NANIO_")


def external_urls(servers: Iterable[Server], ports: Ports, environment: Mapping[str, str]) -> dict[str, str]:
    """Server name → address, for the servers that the environment replaces.

    An address of this home itself does not count: a shell may still have it from an earlier run.
    """
    given = {server.name: environment.get(server.variable, "") for server in servers}
    ours = {server.name: server.url(ports.remembered(server.name)) for server in servers}
    return {name: url for name, url in given.items() if url and not _same_server(url, ours[name])}


def _same_server(url: str, ours: str) -> bool:
    """Whether it has our credentials, at any port; without credentials, whether it has the same port."""
    credentials, at, _ = ours.rpartition("@")
    return url.startswith(f"{credentials}@") if at else url == ours


def stack_variables(
    home: Home, urls: Mapping[str, str], web_port: int, *, encryption_key: str, sandbox: str
) -> dict[str, str]:
    """The variables for our processes and for other commands in the same folder. `urls` are by variable."""
    return {
        "PROOFDESK_HOME": str(home.path),
        "PROOFDESK_PROFILE": "embedded",
        **urls,
        "PROOFDESK_WEB_URL": f"http://{LOOPBACK}:{web_port}",
        "PROOFDESK_WEB_PORT": str(web_port),
        "PROOFDESK_SANDBOX": sandbox,
        "PROOFDESK_MAIL_FOLDER": str(home.mail),
        "PROOFDESK_ENCRYPTION_KEYS": encryption_key,
        "PROOFDESK_WEBHOOK_INSIDE_HOSTS": f"{LOOPBACK},localhost",
        "PROOFDESK_RECEIPT_KEY": receipt_key(home),
        "PROOFDESK_AUDIT_SIGNING_KEY": f"file:{audit_key(home)}",
    }


def child_environment(home: Home, base: Mapping[str, str], own: Mapping[str, str], *, foreign: bool) -> dict[str, str]:
    """The base environment with `own` over it, and the mark by which leftovers are found.

    `foreign` keeps the settings of other installations, which an external server may need. Requests to loopback pass no proxy, and
    Python flushes each line.
    """
    kept = {key: value for key, value in base.items() if foreign or not key.startswith(FOREIGN)}
    direct = ",".join(filter(None, [kept.get("NO_PROXY") or kept.get("no_proxy"), LOOPBACK, "localhost"]))
    marks = {MARK: str(home.path), "PROOFDESK_HOME": str(home.path)}
    return kept | {"NO_PROXY": direct, "no_proxy": direct, "PYTHONUNBUFFERED": "1"} | dict(own) | marks
