from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, text

LOCK: Final = 7_202_611
"""Two processes that migrate at once queue up on this advisory lock."""


def upgrade(engine: Engine) -> tuple[str | None, str | None]:
    """Bring the database to the newest revision; the revisions before and after. Any number may call it at once.

    A step may take longer than any time-out. Its connection never goes back to the pool, so no other work runs without one.
    """
    with engine.connect() as connection:
        connection.detach()
        connection.execute(text("SET statement_timeout = 0"))
        connection.execute(text("SELECT pg_advisory_lock(:lock)"), {"lock": LOCK})
        connection.commit()
        try:
            before = MigrationContext.configure(connection).get_current_revision()
            config = config_for()
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
            connection.commit()
            after = MigrationContext.configure(connection).get_current_revision()
        finally:
            connection.rollback()
            connection.execute(text("SELECT pg_advisory_unlock(:lock)"), {"lock": LOCK})
            connection.commit()
    return before, after


def pending(engine: Engine) -> str | None:
    """The newest revision if the database is not there yet, else None."""
    head = ScriptDirectory.from_config(config_for()).get_current_head()
    with engine.connect() as connection:
        current = MigrationContext.configure(connection).get_current_revision()
    return head if current != head else None


def config_for() -> Config:
    """Alembic's configuration, without a file."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    return config
