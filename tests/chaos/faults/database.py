"""PostgreSQL dies, is restarted, or throws everybody out."""

import contextlib
import random
from signal import SIGINT, SIGKILL, SIGQUIT, Signals
from typing import ClassVar, Final

import psutil
import psycopg

from cli.embedded.probes import libpq_url
from tests.chaos.faults.fault import AVATARS, Fault
from tests.chaos.faults.signals import Frozen
from tests.chaos.ground import Ground
from tests.support.together import until

OTHERS: Final = "FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
AT_PORTS: Final = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE client_port IN ({ports})"
CONNECT_SECONDS: Final = 5
AWAY_SECONDS: Final = 20


class SessionsTerminated(Fault):
    """Every session of the database is ended by its administrator."""

    name, crowd = "sessions_terminated", AVATARS

    def begin(self) -> None:
        """End all but ours."""
        asked(self.ground, f"SELECT pg_terminate_backend(pid) {OTHERS}")


class BackendKilled(Fault):
    """SIGKILL of one session's process, as when the system runs out of memory: all sessions end, and the log is replayed."""

    name, crowd = "database_backend_killed", AVATARS

    def choose(self, rng: random.Random) -> None:
        """Any of them."""
        self._choice = rng.random()

    def begin(self) -> None:
        """Kill it."""
        backends = [pid for (pid,) in asked(self.ground, f"SELECT pid {OTHERS} ORDER BY pid")]
        if backends:
            with contextlib.suppress(psutil.NoSuchProcess):
                psutil.Process(backends[int(self._choice * len(backends))]).kill()


class Told(Fault):
    """The whole server is told to end by a signal; the supervisor restarts it."""

    signal: ClassVar[Signals]

    def begin(self) -> None:
        """Signal the postmaster."""
        for process in _server(self.ground)[:1]:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.send_signal(self.signal)


class DatabaseRestarted(Told):
    """A fast shutdown: sessions are ended, everything is written down."""

    name, signal, crowd = "database_restarted", SIGINT, AVATARS


class DatabaseCrashed(Told):
    """An immediate shutdown, as after a loss of power. It recovers from its log when it is restarted."""

    name, signal, crowd = "database_crashed", SIGQUIT, AVATARS


class DatabaseKilled(Told):
    """SIGKILL of the postmaster. Its sessions notice and end."""

    name, signal = "database_killed", SIGKILL


class DatabaseFrozen(Frozen):
    """The postmaster and every session stand still."""

    name, victims = "database_frozen", ("postgres",)

    def processes(self) -> list[psutil.Process]:
        """All of the server's."""
        return _server(self.ground)


def asked(ground: Ground, statement: str) -> list[tuple[int]]:
    """The rows of an answer that has some; waits for a server that is being restarted, and gives none when it stays away."""
    with contextlib.suppress(AssertionError):
        return until(lambda: _asked_once(ground, statement), seconds=AWAY_SECONDS)
    return []


def _asked_once(ground: Ground, statement: str) -> list[tuple[int]]:
    address = libpq_url(ground.tools.settings.owner_url)
    try:
        with psycopg.connect(address, autocommit=True, connect_timeout=CONNECT_SECONDS) as connection:
            return connection.execute(statement.encode()).fetchall()
    except psycopg.OperationalError:
        return []


def _server(ground: Ground) -> list[psutil.Process]:
    """The postmaster, which says in its own file who it is, and its children; nothing while it is between two lives."""
    with contextlib.suppress(OSError, psutil.NoSuchProcess, IndexError, ValueError):
        postmaster = psutil.Process(int((ground.stack.home.cluster / "postmaster.pid").read_text().split()[0]))
        return [postmaster, *postmaster.children()]
    return []
