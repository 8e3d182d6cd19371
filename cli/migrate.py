import structlog

from cli.tools import operator, tools
from config.logging import configure_logging
from pipeline.audit.record import write
from pipeline.events.webhooks.endpoints import seal_clear
from pipeline.migrations.roles import login_of, provide_roles
from pipeline.migrations.upgrade import upgrade

log = structlog.get_logger()


def migrate() -> None:
    """Migrate the database to the newest schema, and create missing roles and buckets. Safe to repeat, and to run twice at once."""
    with tools() as tool:
        settings = tool.settings
        configure_logging("migrate", log_format=settings.log_format, level=settings.log_level)
        before, after = upgrade(tool.owner.engine)
        log.info("database.migrated", before=before, after=after)
        if before != after:
            with tool.owner.begin() as connection:
                write(connection, "schema.migrated", actor=operator(), detail={"before": before, "after": after})
        reads = settings.reader_database_url
        roles = provide_roles(
            tool.owner.engine,
            application=login_of(settings.sqlalchemy_url, settings.application_role),
            reader=login_of(settings.reader_url, settings.reader_role) if reads or settings.reader_role else None,
        )
        log.info("database.roles_provided", roles=roles or "none: the application owns the tables")
        sealed = seal_clear(db=tool.db, sealer=tool.sealer)
        log.info("secrets.sealed", webhook_endpoints=sealed)
        made = tool.storage.ensure_buckets()
        refused = tool.storage.let_pages_put(settings.page_origins)
        log.info("storage.prepared", buckets_made=made, pages_may_put=refused or "yes")
