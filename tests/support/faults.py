"""Servers that are away, and rows that cannot be changed."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final
from uuid import UUID

from config.container import Container
from tests.support.servers import variant

_kept: Final[list[socket.socket]] = []


def closed_port() -> int:
    """A port of this machine where nobody listens, and nobody else can: it is ours until this process ends."""
    ours = socket.socket()
    ours.bind(("127.0.0.1", 0))
    _kept.append(ours)
    port: int = ours.getsockname()[1]
    return port


@contextmanager
def without_database(tools: Container) -> Iterator[Container]:
    nowhere = f"postgresql+psycopg://nobody:nothing@127.0.0.1:{closed_port()}/nothing"
    made = variant(tools, own=("db", "broker"), database_url=nowhere)
    try:
        yield made
    finally:
        made.broker.client.close()
        made.db.close()


@contextmanager
def without_broker(tools: Container) -> Iterator[Container]:
    """A web process whose broker is away: it is impatient, as web processes are."""
    nowhere = f"redis://127.0.0.1:{closed_port()}/0"
    made = variant(tools, own=("db", "broker"), broker_url=nowhere)
    object.__setattr__(made, "patient", False)
    try:
        yield made
    finally:
        made.broker.client.close()
        made.db.close()


@contextmanager
def without_storage(tools: Container) -> Iterator[Container]:
    made = variant(tools, own=("storage",), storage_url=f"http://a:b@127.0.0.1:{closed_port()}")
    try:
        yield made
    finally:
        made.storage.close()


@contextmanager
def without_mail_server(tools: Container) -> Iterator[Container]:
    yield variant(tools, own=("mailer",), smtp_url=f"smtp://127.0.0.1:{closed_port()}")


@contextmanager
def own_broker(tools: Container) -> Iterator[Container]:
    """The same servers, with a broker of its own: declaring actors on it changes nothing for the next test."""
    made = variant(tools, own=("db", "broker"))
    try:
        yield made
    finally:
        made.broker.client.close()
        made.db.close()


@contextmanager
def stubborn_task(tools: Container, task_id: UUID) -> Iterator[None]:
    """A row of the ledger that no update can change."""
    with tools.owner.engine.begin() as connection:
        connection.exec_driver_sql(
            "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'this row is broken'; END $$"
        )
        connection.exec_driver_sql(
            f"CREATE TRIGGER stubborn BEFORE UPDATE ON task FOR EACH ROW WHEN (OLD.id = '{task_id}') EXECUTE FUNCTION refuse()"
        )
    try:
        yield
    finally:
        with tools.owner.engine.begin() as connection:
            connection.exec_driver_sql("DROP FUNCTION refuse() CASCADE")
