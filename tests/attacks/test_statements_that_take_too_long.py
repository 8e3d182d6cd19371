"""A statement that PostgreSQL ends is a fault of ours, tried a bounded number of times; and no chore has one that grows with its table."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from config.container import Container
from pipeline.intake.slots import end_slots
from pipeline.kernel.batches import BATCH
from pipeline.submission.deletions import Deleted
from pipeline.tasks import ledger
from pipeline.tasks.operate import retry_parked
from pipeline.tasks.rules import FORGET_OLD, RETAIN, Kind
from pipeline.tasks.stalled import resume
from tests.support.bodies import avatar_body
from tests.support.desk import Desk
from tests.support.together import until
from tests.support.workers import left_in, message, working
from workers.actors import perform
from workers.intake import MOST_TRIES

MANY: Final = 2 * BATCH + 100
KIND: Final = FORGET_OLD


def task_of(desk: Desk, kind: Kind = KIND) -> UUID:
    with desk.tools.db.begin() as connection:
        task_id = ledger.record(connection, kind, uuid4(), trace="t")
    assert task_id is not None
    return task_id


def tried(desk: Desk, task_id: UUID, statement: str) -> Any:
    """The task's row after a try that ran this statement."""
    desk.sql("UPDATE task SET due_at = now() WHERE id = :id AND state = 'ready'", id=task_id)
    with desk.tools.ledger.work(KIND, str(task_id)) as mine:
        if mine is not None:
            with desk.tools.db.begin() as connection:
                connection.execute(text("SET LOCAL statement_timeout = '20ms'"))
                connection.execute(text(statement))
    (row,) = [each for each in desk.tasks() if each.id == task_id]
    return row


def raising(state: str) -> str:
    return f"DO $$ BEGIN RAISE EXCEPTION 'as the server does' USING ERRCODE = '{state}'; END $$"


@pytest.mark.parametrize(
    "statement",
    ["SELECT pg_sleep(60)", *map(raising, ("57014", "55P03", "40P01", "40001"))],
    ids=["time-out", "cancelled", "lock", "deadlock", "serialization"],
)
def test_a_statement_that_is_ended_each_time_uses_up_tries_and_is_parked_with_its_reason(
    desk: Desk, statement: str
) -> None:
    task_id = task_of(desk)

    rows = [tried(desk, task_id, statement) for _ in range(KIND.max_tries)]

    assert [(row.state, row.attempts, row.waits) for row in rows] == [
        ("ready", 1, 0),
        ("ready", 2, 0),
        ("parked", 3, 0),
    ]
    assert rows[-1].last_error.startswith("StatementCancelled: PostgreSQL ended a statement of ours")


@pytest.mark.parametrize("state", ["53100", "53200", "58030", "57P01", "25006"])
def test_a_server_that_cannot_work_is_away_and_uses_up_no_try(desk: Desk, state: str) -> None:
    row = tried(desk, task_of(desk), raising(state))

    assert (row.state, row.attempts, row.waits) == ("ready", 0, 1)
    assert row.last_error.startswith("DatabaseUnavailable")


def test_the_end_of_a_try_that_was_cut_by_a_time_out_is_recorded_later(desk: Desk, tools: Container) -> None:
    """Else its lease would run out."""
    task_id = task_of(desk)
    own = ledger.Ledger(tools.db)
    mine = own.claim(KIND, str(task_id))
    assert mine is not None

    with ended_by_the_server(tools, "task", at_least=1):
        own.fail(mine, ValueError("it failed"))
    settled = own.settle()

    (row,) = desk.tasks()
    assert (settled, row.state, row.last_error) == (1, "ready", "ValueError: it failed")


# What follows stands for a time-out that does not depend on the machine: the server ends each statement that changes too many rows.
_TRIGGERS: Final = """
    CREATE FUNCTION tests.too_long() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
      IF (SELECT count(*) FROM changed) >= {most} THEN
        RAISE EXCEPTION 'too many rows of %', TG_TABLE_NAME USING ERRCODE = '57014';
      END IF;
      RETURN NULL;
    END $$;
    DO $$ DECLARE name text; BEGIN
      FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND {which} LOOP
        EXECUTE format('CREATE TRIGGER too_long_1 AFTER DELETE ON %I REFERENCING OLD TABLE AS changed'
          || ' FOR EACH STATEMENT EXECUTE FUNCTION tests.too_long()', name);
        EXECUTE format('CREATE TRIGGER too_long_2 AFTER UPDATE ON %I REFERENCING OLD TABLE AS changed'
          || ' FOR EACH STATEMENT EXECUTE FUNCTION tests.too_long()', name);
      END LOOP;
    END $$;
"""


@contextmanager
def ended_by_the_server(tools: Container, table: str | None = None, *, at_least: int = BATCH + 1) -> Iterator[None]:
    which = f"tablename = '{table}'" if table else "tablename <> 'alembic_version'"
    with tools.owner.engine.begin() as connection:
        connection.exec_driver_sql(_TRIGGERS.format(most=at_least, which=which).replace("%", "%%"))
    try:
        yield
    finally:
        with tools.owner.engine.begin() as connection:
            connection.exec_driver_sql("DROP FUNCTION tests.too_long() CASCADE")


OLD: Final = "now() - interval '400 days'"
ID: Final = "gen_random_uuid()"
TASK: Final = "task (id, kind, ref_id, dedup_key, state, trace, waits, last_error, due_at, ended_at)"
ROWS: Final[dict[str, tuple[str, str]]] = {
    "idempotency": ("idempotency (owner, key, operation, fingerprint, created_at)", f"'o', n::text, 'x', 'f', {OLD}"),
    "done": (TASK, f"{ID}, 'mail.send', 'r', 'done:' || n, 'done', 't', 0, NULL, now(), {OLD}"),
    "schedule_run": ("schedule_run", f"'x', {OLD} + n * interval '1 second'"),
    "event": ("event (id, type, member_id, data, at)", f"{ID}, 'x', 'm', '{{}}', {OLD}"),
    "member_session": (
        "member_session (id, member_id, member, made_by, service, link_sha256, link_expires_at)",
        f"{ID}, 'm', '{{}}', 'a', 's', n::text, {OLD}",
    ),
    "session": ("session (id, token_sha256, reviewer_id, proof, expires_at)", f"{ID}, n::text, 'r', 'p', {OLD}"),
    "sign_in_tries": ("sign_in_tries", f"n::text, 1, {OLD}, {OLD}"),
    "provider_visit": ("provider_visit", f"n::text, 'n', 'v', 'p', {OLD}"),
    "invitation": ("invitation (token_sha256, reviewer_id, expires_at)", f"n::text, n::text, {OLD}"),
    "member_hold": ("member_hold (member_id, reason, until, placed_by)", f"'h-' || n, 'r', {OLD}, 'x'"),
    "messages": (TASK, f"{ID}, 'submission.accept', 'r', 'message:' || n, 'parked', 't', 0, 'x', {OLD}, {OLD}"),
    "mail": (
        "mail (cause_id, member_id, template, recipient, locale, subject, text, html, message_id, state, frozen_at)",
        f"{ID}, 'm', 'x', 'a@b.c', 'en', 's', 't', 'h', n::text, 'sent', {OLD}",
    ),
    "upload_slot": (
        "upload_slot (id, key, purpose, media_type, length, owner, created_at, expires_at)",
        f"{ID}, 'uploads/' || n, 'avatar', 'image/jpeg', 1, 'o', {OLD}, {OLD}",
    ),
    "stalled": (
        TASK,
        f"{ID}, 'mail.send', 'r', 's:' || n, 'ready', 't', 1, 'MailUnavailable: x', now() + interval '1 hour', NULL",
    ),
    "parked": (TASK, f"{ID}, 'mail.send', 'r', 'p:' || n, 'parked', 't', 0, 'StorageMisconfigured: x', now(), now()"),
}


def filled(desk: Desk, *names: str) -> None:
    """Many rows of each of these, which may stand alone."""
    with desk.tools.owner.engine.begin() as connection:
        connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
        for name in names:
            place, values = ROWS[name]
            connection.exec_driver_sql(f"INSERT INTO {place} SELECT {values} FROM generate_series(1, {MANY}) AS n")  # noqa: S608  (ours)


def left(desk: Desk, table: str, condition: str = "true") -> int:
    return int(desk.sql(f"SELECT count(*) FROM {table} WHERE {condition}")[0][0])  # noqa: S608  (ours)


FORGOTTEN: Final = (
    "idempotency",
    "schedule_run",
    "event",
    "member_session",
    "session",
    "sign_in_tries",
    "provider_visit",
    "invitation",
)


def test_what_is_forgotten_goes_in_batches_though_there_is_much_of_it(desk: Desk, tools: Container) -> None:
    filled(desk, "done", *FORGOTTEN)
    task_id = task_of(desk, FORGET_OLD)

    with ended_by_the_server(tools):
        perform(FORGET_OLD, str(task_id), tools)

    (row,) = desk.tasks()
    assert (row.id, row.state, row.last_error) == (task_id, "done", None)
    assert {name: left(desk, name) for name in FORGOTTEN} == dict.fromkeys(FORGOTTEN, 0)


def test_what_was_kept_long_enough_goes_in_batches_though_there_is_much_of_it(desk: Desk, tools: Container) -> None:
    filled(desk, "member_hold", "messages", "mail")
    task_id = task_of(desk, RETAIN)

    with ended_by_the_server(tools):
        perform(RETAIN, str(task_id), tools)

    (row,) = desk.tasks()
    assert (row.id, row.state, row.last_error) == (task_id, "done", None)
    assert (left(desk, "member_hold"), left(desk, "mail", "recipient <> ''")) == (0, 0)


def test_work_is_resumed_and_parked_work_tried_again_in_batches(desk: Desk, tools: Container) -> None:
    filled(desk, "stalled", "parked")

    with ended_by_the_server(tools):
        counts = resume(tools.db, "mail server"), retry_parked(tools.db, error="StorageMisconfigured")

    assert counts == (MANY, MANY)


def test_upload_slots_end_in_batches(desk: Desk, tools: Container) -> None:
    filled(desk, "upload_slot")

    with ended_by_the_server(tools):
        ended = end_slots(
            now=datetime.now(UTC), db=tools.db, rules=tools.policy.upload, delete_unneeded=_nothing_lies_there
        )

    assert ended == MANY


def _nothing_lies_there(bucket: str, keys: Sequence[str]) -> Deleted:  # noqa: ARG001  (the store is asked by its name)
    """A store in which nothing lies: the slots are looked at, not the store."""
    return Deleted(gone=frozenset(keys))


def test_a_chore_that_is_ended_in_the_middle_keeps_what_it_did(desk: Desk, tools: Container) -> None:
    filled(desk, "idempotency", "event")
    task_id = task_of(desk, FORGET_OLD)

    with ended_by_the_server(tools, "event", at_least=1):
        perform(FORGET_OLD, str(task_id), tools)

    (row,) = desk.tasks()
    assert (row.state, row.attempts) == ("ready", 1)
    assert (left(desk, "idempotency"), left(desk, "event")) == (0, MANY)


@contextmanager
def refusing(tools: Container, table: str, state: str) -> Iterator[None]:
    """The server ends every statement that adds a row to this table."""
    with tools.owner.engine.begin() as connection:
        raised = f"BEGIN RAISE EXCEPTION 'as the server does' USING ERRCODE = '{state}'; END"
        connection.exec_driver_sql(
            f"CREATE FUNCTION tests.refuse() RETURNS trigger LANGUAGE plpgsql AS $$ {raised} $$;"
            f"CREATE TRIGGER refuse BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION tests.refuse()"
        )
    try:
        yield
    finally:
        with tools.owner.engine.begin() as connection:
            connection.exec_driver_sql("DROP FUNCTION tests.refuse() CASCADE")


@pytest.mark.parametrize(
    ("state", "failed_before", "parked"),
    [("57014", MOST_TRIES - 1, 1), ("57014", MOST_TRIES - 2, 0), ("23514", MOST_TRIES - 1, 1), ("53100", 1000, 0)],
    ids=["the last try", "the last but one", "another fault of ours", "an outage"],
)
def test_a_message_of_the_queue_door_that_fails_each_time_is_parked_after_its_last_try(
    desk: Desk, tools: Container, state: str, failed_before: int, parked: int
) -> None:
    sent = message(avatar_body()).copy(options={"retries": failed_before})
    tools.broker.enqueue(sent)

    with refusing(tools, "submission", state), working(tools, "intake"):
        until(lambda: desk.parked() or tools.broker.client.hlen("dramatiq:intake.DQ.msgs"))

    assert len(desk.parked()) == parked
    assert left_in(tools) == 1 - parked
