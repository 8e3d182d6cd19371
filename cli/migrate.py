import structlog

from cli.tools import tools
from config.logging import configure_logging
from pipeline.migrations.upgrade import upgrade

log = structlog.get_logger()


def migrate() -> None:
    """Bring the database to the newest schema and make the buckets that are missing. Safe at any time, by any number."""
    with tools() as tool:
        configure_logging("migrate", log_format=tool.settings.log_format, level=tool.settings.log_level)
        before, after = upgrade(tool.db.engine)
        log.info("database.migrated", before=before, after=after)
        made = tool.storage.ensure_buckets()
        refused = tool.storage.let_pages_put(tool.settings.page_origins)
        log.info("storage.prepared", buckets_made=made, pages_may_put=refused or "yes")
