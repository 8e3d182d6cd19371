from collections.abc import Iterator
from uuid import uuid4

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Engine, inspect

from config.container import Container
from pipeline.kernel.database import engine
from pipeline.migrations import metadata
from pipeline.migrations.upgrade import config_for, pending, upgrade
from pipeline.ownership.rules import EARLIER
from tests.support.together import at_once

TIME_OUTS = "SELECT current_setting('statement_timeout') AS statement, current_setting('idle_in_transaction_session_timeout') AS idle"


@pytest.fixture
def new_database(all_servers: Container) -> Iterator[Engine]:
    name = f"new_{uuid4().hex}"
    autocommit = all_servers.owner.engine.execution_options(isolation_level="AUTOCOMMIT")
    with autocommit.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
    made = engine(all_servers.settings.owner_url.rpartition("/")[0] + f"/{name}")
    yield made  # the database goes with its server: dropping it would wait for a checkpoint
    made.dispose()


def test_a_migrated_database_is_what_the_code_says(new_database: Engine) -> None:
    upgrade(new_database)

    with new_database.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata.metadata) == []


def test_indexes_have_the_conditions_that_the_code_gives_them(new_database: Engine) -> None:
    """Autogenerate does not compare the WHERE of a partial index, which these rules rest on."""
    upgrade(new_database)

    with new_database.connect() as connection:
        rows = connection.exec_driver_sql(
            "SELECT indexname, indexdef FROM pg_indexes WHERE strpos(indexdef, ' WHERE ') > 0"
        )
        partial = {row.indexname: row.indexdef for row in rows}
    declared = {
        index.name
        for table in metadata.metadata.tables.values()
        for index in table.indexes
        if index.dialect_options["postgresql"]["where"] is not None
    }
    assert set(partial) == declared
    assert all(
        "UNIQUE" in partial[name] for name in ("uq_submission_chance", "uq_submission_open_avatar", "uq_claim_live")
    )


def test_migrating_twice_is_fine(new_database: Engine) -> None:
    first = upgrade(new_database)

    second = upgrade(new_database)

    assert first[0] is None
    assert second == (first[1], first[1])


def test_two_that_migrate_at_once_queue_up(new_database: Engine) -> None:
    done, raised = at_once(3, lambda _: upgrade(new_database))

    assert raised == []
    assert sorted(before is None for before, _ in done) == [False, False, True]
    assert {after for _, after in done} == {done[0][1]}


def test_what_is_pending_is_told(new_database: Engine) -> None:
    before = pending(new_database)

    upgrade(new_database)

    assert before is not None
    assert pending(new_database) is None


def test_every_table_of_the_metadata_is_made(new_database: Engine) -> None:
    upgrade(new_database)

    made = set(inspect(new_database).get_table_names())
    assert made == {*metadata.metadata.tables, "alembic_version"}


def test_keys_and_what_they_sent_before_services_were_told_apart_stay_what_they_were(new_database: Engine) -> None:
    _at(new_database, "0015-1")
    with new_database.begin() as connection:
        connection.exec_driver_sql(
            "INSERT INTO api_key (id, name, scopes, secret_sha256) VALUES"
            " (gen_random_uuid(), 'shop', '{submit}', 'x'), (gen_random_uuid(), 'desk', '{review}', 'x'),"
            " (gen_random_uuid(), 'lead', '{admin,submit}', 'x')"
        )
        connection.exec_driver_sql(
            "INSERT INTO subscription (member_id, category, subscribed) VALUES ('m-1', 'other', true), ('m-1', 'news', true)"
        )

    upgrade(new_database)

    with new_database.connect() as connection:
        keys = connection.exec_driver_sql("SELECT name, scopes, service = id::text FROM api_key ORDER BY name").all()
        owned = connection.exec_driver_sql("SELECT kind, name, service FROM ownership").all()
    assert keys == [("desk", ["review"], True), ("lead", ["admin", "submit:all"], True), ("shop", ["submit:all"], True)]
    assert owned == [("member", "m-1", EARLIER)]


def _at(database: Engine, revision: str) -> None:
    """Bring a database to a step before the newest."""
    config = config_for()
    with database.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)


def test_after_a_migration_every_pooled_connection_has_its_time_outs(new_database: Engine) -> None:
    with new_database.connect() as connection:
        before = connection.exec_driver_sql(TIME_OUTS).one()

    upgrade(new_database)

    with new_database.connect() as first, new_database.connect() as second:
        assert [each.exec_driver_sql(TIME_OUTS).one() for each in (first, second)] == [before, before]
    assert before.statement != "0"
