"""Alembic's entry: migrations run on the connection that `pipeline.migrations.upgrade` hands over."""

from alembic import context

from pipeline.migrations import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata.metadata,
    transaction_per_migration=True,
    compare_server_default=False,
)

with context.begin_transaction():
    context.run_migrations()
