"""Servers that outlive a run of the tests: many runs, one after another or beside each other, need not start their own."""

import fcntl
import json
import os
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, Any

from sqlalchemy import create_engine

from config.container import Container
from tests.support.servers import clients, quick_folder, started

LANES = "TESTS_LANES"
"""The environment variable with the folder in which lanes are offered; without it a run starts servers of its own."""

FILE = "lane.json"
SECONDS_FOR_A_LANE = 600


@contextmanager
def offered(folder: Path, count: int) -> Iterator[dict[str, str]]:
    """Start so many sets of servers; the environment in which runs of the tests use them."""
    with ExitStack() as stack:
        for number in range(count):
            lane = folder / f"lane-{number}"
            lane.mkdir(mode=0o755)
            (lane / FILE).write_text(json.dumps(stack.enter_context(started(lane))))
        yield {LANES: str(folder)}


@contextmanager
def own_or_lent(folder: Path) -> Iterator[Container]:
    """The clients of servers that nobody else uses: of a free lane where lanes are offered, else of servers started in `folder`."""
    with _lent() if LANES in os.environ else _own(folder) as environment:
        _no_wait_for_the_disk(environment["PROOFDESK_MIGRATION_DATABASE_URL"])
        with clients(environment, folder=folder) as tools:
            yield tools


@contextmanager
def _own(folder: Path) -> Iterator[dict[str, str]]:
    with quick_folder(folder) as quick, started(quick) as environment:
        yield environment


@contextmanager
def _lent() -> Iterator[dict[str, str]]:
    with _free(Path(os.environ[LANES])) as lane:
        environment: dict[str, str] = json.loads((lane / FILE).read_text())
        _make_anew(environment["PROOFDESK_MIGRATION_DATABASE_URL"])
        yield environment


@contextmanager
def _free(folder: Path) -> Iterator[Path]:
    """A lane that is locked for the length of the block; the lock goes with its process, however that ends."""
    deadline = time.monotonic() + SECONDS_FOR_A_LANE
    while time.monotonic() < deadline:
        for file in sorted(folder.glob(f"*/{FILE}")):
            with file.open("r") as opened:
                if _locked(opened):
                    yield file.parent
                    return
        time.sleep(0.05)
    raise TimeoutError(f"No lane in {folder} became free.")


def _locked(opened: IO[Any]) -> bool:
    try:
        fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _make_anew(url: str) -> None:
    """An earlier run may have been killed in the middle, or have had another schema: nothing of it stays."""
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        connection.exec_driver_sql("DROP SCHEMA public CASCADE")
        connection.exec_driver_sql("CREATE SCHEMA public")
    engine.dispose()


def _no_wait_for_the_disk(url: str) -> None:
    """From its next connection on a commit does not wait until it is on the disk. Only a crash of PostgreSQL itself could tell, and
    where a test makes one crash it is of an embedded profile of its own, which waits as in production."""
    own = create_engine(url, isolation_level="AUTOCOMMIT")
    with own.connect() as connection:
        connection.exec_driver_sql(f'ALTER DATABASE "{own.url.database}" SET synchronous_commit = off')
    own.dispose()
