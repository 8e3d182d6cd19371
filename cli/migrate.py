import structlog

from cli.tools import tools
from config.logging import configure_logging
from pipeline.events.webhooks.endpoints import seal_clear
from pipeline.migrations.upgrade import upgrade

log = structlog.get_logger()


def migrate() -> None:
    """Migrate the database to the newest schema and create missing buckets. Safe to repeat, and to run twice at once."""
    with tools() as tool:
        configure_logging("migrate", log_format=tool.settings.log_format, level=tool.settings.log_level)
        before, after = upgrade(tool.db.engine)
        log.info("database.migrated", before=before, after=after)
        sealed = seal_clear(db=tool.db, sealer=tool.sealer)
        log.info("secrets.sealed", webhook_endpoints=sealed)
        made = tool.storage.ensure_buckets()
        refused = tool.storage.let_pages_put(tool.settings.page_origins)
        log.info("storage.prepared", buckets_made=made, pages_may_put=refused or "yes")
