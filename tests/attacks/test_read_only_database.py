"""A database that answers and takes no writes is away: nothing is lost, no try is used, and the next connection may write again.

The running server is made read-only, and writable again, while the product's connections stay in their pool.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text

from config.container import Container
from pipeline.access.api_keys import Scope, create_key
from pipeline.intake.parked import QueueMessage, accept_message
from pipeline.kernel import clock, database
from pipeline.kernel.database import Database, engine
from pipeline.kernel.errors import DatabaseFault, DatabaseUnavailable, Invalid
from pipeline.submission.tables import submission
from pipeline.tasks.relay import hint_due, sweep_leases
from pipeline.tasks.rules import INSPECT
from pipeline.tasks.schedule import fire_due
from tests.support.bodies import avatar_body
from tests.support.command import command
from tests.support.desk import Desk
from tests.support.http import Api
from tests.support.people import signed_in
from tests.support.read_only import Server, server
from tests.support.servers import variant
from tests.support.web import app_of
from web.health import Readiness
from workers.recovery import Recovery

TASK = "SELECT state, attempts, waits FROM task"


@pytest.fixture
def running(tools: Container) -> Iterator[Server]:
    with server(tools) as found:
        yield found


def test_a_request_is_told_to_come_back_and_the_same_process_takes_it_later(
    api: Api, running: Server, desk: Desk
) -> None:
    running.demote()
    refused = [api.submit(avatar_body(), once="once") for _ in range(3)]
    running.promote()

    accepted = api.submit(avatar_body(), once="once")

    assert [(each.status_code, each.json()["code"]) for each in refused] == [(503, "database_unavailable")] * 3
    assert all(each.headers["Retry-After"] for each in refused)
    assert accepted.status_code == 202
    assert len(desk.rows(submission)) == 1


def test_readiness_says_so_and_drops_what_it_asked_with(tools: Container, api: Api, running: Server) -> None:
    _, admin = create_key("operator", [Scope.ADMIN], reviewer_id=None, db=tools.db)
    made = variant(tools)
    app_of(made).state.readiness = Readiness(made, fresh_seconds=0)
    running.demote()
    *_, meanwhile = [api.over(made).call("GET", "/readyz", key=admin) for _ in range(2)]
    running.promote()

    *_, later = [api.over(made).call("GET", "/readyz", key=admin) for _ in range(2)]

    assert (meanwhile.status_code, meanwhile.json()["degraded"]) == (503, ["database"])
    assert "read-only" in meanwhile.json()["checks"]["database"]
    assert (later.status_code, later.json()["degraded"]) == (200, [])


def test_a_page_of_the_console_is_told_to_come_back(tools: Container, running: Server) -> None:
    boss = signed_in(tools, "m.lee")
    running.demote()

    answers = [boss.post("/console/next") for _ in range(3)]

    assert [each.status_code for each in answers] == [503] * 3


def test_a_command_says_to_try_again_later(
    tools: Container, running: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / "a.jpg"
    file.write_bytes(b"x")
    running.demote()

    result = command(tools, monkeypatch)(
        "submit", str(file), "--member", "m-1", "--name", "Ada", "--email", "ada@example.com"
    )

    assert isinstance(result.exception, DatabaseUnavailable)


def test_a_task_that_cannot_be_claimed_uses_no_try(desk: Desk, running: Server) -> None:
    held = desk.submit_avatar()
    task_id = desk.only_task(INSPECT).id
    running.demote()
    for _ in range(2):
        with pytest.raises(DatabaseUnavailable):
            desk.perform(task_id, INSPECT)
    running.promote()

    desk.perform(task_id, INSPECT)

    assert running.one(TASK + f" WHERE id = '{task_id}'") == ("done", 1, 0)
    assert desk.state(held) == "in_review"


class Demoting:
    """An inspector during whose work the server changes."""

    def __init__(self, tools: Container, change: Callable[[], None]) -> None:
        self._inspect, self._change = tools.inspector.inspect, change

    def inspect(self, *given: Any, **more: Any) -> Any:
        found = self._inspect(*given, **more)
        self._change()
        return found


def test_a_task_that_was_under_way_uses_no_try_either(desk: Desk, tools: Container, running: Server) -> None:
    held, made = desk.submit_avatar(), variant(tools)
    made.__dict__["inspector"] = Demoting(tools, running.demote)
    desk.perform(desk.only_task(INSPECT).id, INSPECT, tools=made)
    stays = running.one(TASK)
    recovery = Recovery(made)
    with pytest.raises(DatabaseUnavailable):
        recovery.look()
    running.promote()

    recovery.look()

    assert stays == ("running", 1, 0)
    assert running.one(TASK) == ("ready", 0, 1)
    desk.let_backoff_pass()
    desk.inspect()
    assert desk.state(held) == "in_review"


def test_a_task_that_was_given_back_meanwhile_has_its_try_back_too(
    desk: Desk, tools: Container, running: Server
) -> None:
    desk.submit_avatar()
    made = variant(tools)
    made.__dict__["inspector"] = Demoting(tools, running.demote)
    row = desk.only_task(INSPECT)
    desk.perform(row.id, INSPECT, tools=made)
    running.promote()
    running.end_others()
    desk.let_lease_expire(row.id)
    sweep_leases(tools.db)

    Recovery(made).look()

    assert running.one(TASK) == ("ready", 0, 1)


def test_the_relay_waits(desk: Desk, tools: Container, running: Server) -> None:
    desk.submit_avatar()
    desk.sql("UPDATE task SET hinted_at = NULL")
    running.demote()

    with pytest.raises(DatabaseUnavailable):
        hint_due(tools.db, lambda _: True)
    with pytest.raises(DatabaseUnavailable):
        fire_due(tools.db)
    running.promote()

    assert hint_due(tools.db, lambda _: True) == 1


def test_a_message_of_the_queue_stays_in_the_queue(desk: Desk, tools: Container, running: Server) -> None:
    message = QueueMessage(avatar_body(), str(uuid4()), "trace")
    running.demote()
    for _ in range(2):
        with pytest.raises(DatabaseUnavailable):
            accept_message(message, now=clock.now(), context=tools.intake)
    running.promote()

    assert accept_message(message, now=clock.now(), context=tools.intake) is not None
    assert desk.parked() == []


def test_a_session_that_was_made_for_reads_alone_is_replaced_once_it_has_rested(
    tools: Container, running: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "TRUSTED_SECONDS", 0)
    db = Database(engine(tools.settings.sqlalchemy_url), after_commit=lambda _: None)
    running.demote()
    meanwhile = _read_only(db)
    running.promote()

    later = _read_only(db)
    db.close()

    assert (meanwhile, later) == ("on", "off")


def _read_only(db: Database) -> str:
    with db.begin() as connection:
        return str(connection.execute(text("SHOW transaction_read_only")).scalar_one())


RAISE = "DO $$ BEGIN RAISE EXCEPTION 'no' USING ERRCODE = '{}'; END $$"


@pytest.mark.parametrize(
    "state", ["25006", "57P01", "57P02", "57P03", "53300", "08000", "08003", "08006", "08001", "08004", "08P01"]
)
def test_what_means_away_drops_the_connection(tools: Container, state: str) -> None:
    def session() -> int:
        with tools.db.read() as connection:
            return int(connection.execute(text("SELECT pg_backend_pid()")).scalar_one())

    before = session()

    with pytest.raises(DatabaseUnavailable), tools.db.begin() as connection:
        connection.execute(text(RAISE.format(state)))

    assert session() != before


@pytest.mark.parametrize(
    ("state", "error"),
    [("23505", DatabaseFault), ("42P01", DatabaseFault), ("22012", DatabaseFault), ("22021", Invalid)],
)
def test_what_means_something_else_does_not(tools: Container, state: str, error: type[Exception]) -> None:
    with pytest.raises(error), tools.db.begin() as connection:
        connection.execute(text(RAISE.format(state)))
