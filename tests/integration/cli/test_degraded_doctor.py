"""`proofdesk doctor` when something is away."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from cli.main import app
from cli.output import console
from config.container import Container
from pipeline.tasks.rules import INSPECT, SEND_MAIL
from tests.support.desk import Desk
from tests.support.erasing import Eraser
from tests.support.faults import closed_port
from tests.support.http import Api
from tests.support.line import mail_line, storage_line
from tests.support.mails import rejected, task_of

Doctor = Callable[..., Result]


@pytest.fixture
def doctor(tools: Container, monkeypatch: pytest.MonkeyPatch) -> Doctor:
    """The command, at an installation of which some settings are others."""

    def run(*options: str, **settings: Any) -> Result:
        given = {**tools.settings.model_dump(mode="json", exclude_none=True), **settings}
        for name, value in given.items():
            monkeypatch.setenv(f"PROOFDESK_{name.upper()}", str(value))
        arguments = ["doctor", *options]
        monkeypatch.setattr(console, "_width", 300)  # it was made with the width of whoever runs the tests
        return CliRunner(env={"COLUMNS": "300"}).invoke(app(arguments), arguments)

    return run


def wrong(result: Result) -> dict[str, dict[str, Any]]:
    return {each["check"]: each for each in json.loads(result.stdout) if not each["ok"]}


def test_doctor_is_content_when_all_is_there(doctor: Doctor) -> None:
    result = doctor("--json")

    assert (wrong(result), result.exit_code) == ({}, 0)


@pytest.mark.parametrize(
    ("check", "setting", "advice"),
    [
        ("object store", "storage_url", "PROOFDESK_STORAGE_URL"),
        ("mail server", "smtp_url", "PROOFDESK_SMTP_URL"),
        ("broker", "broker_url", "PROOFDESK_BROKER_URL"),
        ("database", "database_url", "PROOFDESK_DATABASE_URL"),
    ],
)
def test_doctor_names_what_is_away_and_what_to_do_and_fails(
    doctor: Doctor, check: str, setting: str, advice: str
) -> None:
    urls = {
        "storage_url": "http://a:b@",
        "smtp_url": "smtp://",
        "broker_url": "redis://",
        "database_url": "postgresql://",
    }

    result = doctor("--json", **{setting: f"{urls[setting]}127.0.0.1:{closed_port()}"})

    assert result.exit_code == 1
    assert advice in wrong(result)[check]["advice"]


def test_doctor_counts_the_erasures_that_are_past_their_deadline_and_not_held(
    doctor: Doctor, desk: Desk, api: Api
) -> None:
    eraser = Eraser(desk, api)
    for member_id in ("m-1", "m-2"):
        desk.submit_avatar(member_id)
        eraser.erase(member_id)
    in_time = wrong(doctor("--json"))
    eraser.hold("m-2")
    desk.sql("UPDATE erasure SET deadline_at = now() - interval '1 minute'")

    late = wrong(doctor("--json"))

    assert "erasures" not in in_time
    assert late["erasures"]["seen"] == "Past their deadline, and not finished: 1 erasures."


def test_doctor_says_that_the_broker_is_full_before_it_advises_more_workers(doctor: Doctor, tools: Container) -> None:
    tools.broker.client.config_set("maxmemory", "1mb")
    try:
        result = doctor("--json")
    finally:
        tools.broker.client.config_set("maxmemory", "0")

    assert wrong(result)["broker"]["seen"].startswith("The broker is full")
    assert result.exit_code == 1


def test_doctor_counts_the_work_that_waits_for_the_store_and_says_that_its_circuit_is_open(
    doctor: Doctor, desk: Desk, tools: Container
) -> None:
    with storage_line(tools, circuit_failures=1, circuit_pause_seconds=600) as (line, made):
        line.cut()
        for number in range(2):
            desk.submit_avatar(f"m-{number}")
        for row in desk.tasks(INSPECT):
            desk.perform(row.id, INSPECT, tools=made)

    result = doctor("--json")

    (found,) = wrong(result).values()
    assert found["check"] == "circuits"
    assert found["seen"].startswith("2 tasks wait for the object store (its circuit is open in a worker)")
    assert "by itself" in found["advice"]
    assert found["waiting"] == [{"for": "object store", "tasks": 2, "circuit_open": True}]
    assert result.exit_code == 1


def test_doctor_says_the_same_in_words(doctor: Doctor, desk: Desk, tools: Container) -> None:
    rejected(desk)
    with mail_line(tools) as (line, made):
        line.cut()
        desk.perform(task_of(desk), SEND_MAIL, tools=made)

    result = doctor()

    assert "1 task waits for the mail server (no circuit is open)" in result.stdout
    assert result.exit_code == 1
