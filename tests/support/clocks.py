"""A database whose clock is wrong."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from sqlalchemy import Connection, event

from config.container import Container
from pipeline.kernel.database import Database, engine

_WRONG_NOW = """
CREATE SCHEMA wrong;
CREATE FUNCTION wrong.now() RETURNS timestamptz STABLE LANGUAGE sql
    RETURN pg_catalog.now() + current_setting('wrong.by')::interval
"""


@contextmanager
def wrong_clocks(tools: Container) -> Iterator[None]:
    """For the length of the block `ahead` can be used."""
    with tools.owner.engine.begin() as connection:
        connection.exec_driver_sql(_WRONG_NOW)
    try:
        yield
    finally:
        with tools.owner.engine.begin() as connection:
            connection.exec_driver_sql("DROP SCHEMA wrong CASCADE")


@contextmanager
def ahead(tools: Container, by: timedelta) -> Iterator[Database]:
    """The same database, whose `now()` is ahead by so much: as it is before a clock is set back."""
    made = engine(tools.settings.owner_url)

    @event.listens_for(made, "begin")
    def _begun(connection: Connection) -> None:
        connection.exec_driver_sql("SET LOCAL search_path = wrong, public, pg_catalog")
        connection.exec_driver_sql(f"SET LOCAL wrong.by = '{by.total_seconds()} seconds'")

    try:
        yield Database(made, after_commit=lambda _: None)
    finally:
        made.dispose()
