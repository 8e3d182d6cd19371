import os
import signal
import smtplib
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import boto3
import psutil
import psycopg
import pytest
import redis
from botocore.config import Config

from cli.embedded import EmbeddedError
from cli.embedded.credentials import LATER
from cli.embedded.home import Home, read_json, write_private
from cli.embedded.leftovers import MARK
from cli.embedded.ports import LOOPBACK
from cli.embedded.probes import libpq_url
from cli.embedded.stack import AlreadyUp, Stack, running
from tests.support.together import until

ANY_PORTS: Mapping[str, int] = dict.fromkeys(("web", "postgres", "valkey", "storage", "mail"), 0)
VARIABLES = ("PROOFDESK_DATABASE_URL", "PROOFDESK_BROKER_URL", "PROOFDESK_STORAGE_URL", "PROOFDESK_SMTP_URL")
NOTHING_GIVEN = dict.fromkeys(VARIABLES, "")
STAND_IN = """
import http.server, os, pathlib, signal, sys, time
kind, home = sys.argv[1], pathlib.Path(os.environ["PROOFDESK_HOME"])
print(kind, "begins", flush=True)
if kind == "web":
    if not (home / "was-refused").exists():
        (home / "was-refused").touch()
        sys.exit("bind: Address already in use")
    http.server.HTTPServer(("127.0.0.1", int(os.environ["PROOFDESK_WEB_PORT"])), http.server.SimpleHTTPRequestHandler).serve_forever()
elif kind != "migrate":
    time.sleep(600)
"""
SUPERVISING = """
import pathlib, sys
from cli.embedded.stack import Stack
stand_in, home = sys.argv[1:]
commands = {kind: (sys.executable, stand_in, kind) for kind in ("migrate", "web", "worker", "relay")}
stack = Stack(pathlib.Path(home), commands=commands, preferred_ports=dict.fromkeys(("web", "postgres", "valkey", "storage", "mail"), 0))
stack.start()
print(*stack.pids().values(), flush=True)
stack.supervise()
"""
Events = list[tuple[str, dict[str, object]]]
MakeStack = Callable[..., Stack]


@pytest.fixture
def events() -> Events:
    return []


@pytest.fixture
def make_stack(events: Events) -> Iterator[MakeStack]:
    made: list[Stack] = []

    def make(home: Path, **options: Any) -> Stack:
        environment = NOTHING_GIVEN | options.pop("environment", {})
        defaults: dict[str, Any] = {
            "services": False,
            "preferred_ports": ANY_PORTS,
            "on_event": lambda *event: events.append(event),
        }
        made.append(Stack(home, environment=environment, **(defaults | options)))
        return made[-1]

    yield make
    for stack in made:
        stack.stop()


@pytest.fixture
def commands(tmp_path: Path) -> Mapping[str, tuple[str, ...]]:
    script = tmp_path / "stand_in.py"
    script.write_text(STAND_IN)
    return {kind: (sys.executable, str(script), kind) for kind in ("migrate", "web", "worker", "relay")}


def eventually(condition: Callable[[], bool], seconds: float = 60) -> bool:
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.05)
    return condition()


def run_sql(stack: Stack, statement: str, *, by: str = "PROOFDESK_MIGRATION_DATABASE_URL") -> Any:
    with psycopg.connect(libpq_url(stack.environment()[by])) as connection:
        cursor = connection.execute(statement.encode())
        return cursor.fetchone() if cursor.description else None


def broker(stack: Stack) -> redis.Redis:
    return redis.Redis.from_url(stack.environment()["PROOFDESK_BROKER_URL"])


def storage(stack: Stack) -> Any:
    parts = urlsplit(stack.environment()["PROOFDESK_STORAGE_URL"])
    return boto3.client(
        "s3",
        endpoint_url=f"http://{parts.hostname}:{parts.port}",
        aws_access_key_id=parts.username,
        aws_secret_access_key=parts.password,
        region_name="us-east-1",
        config=Config(proxies={}),
    )


def send_mail(stack: Stack) -> None:
    parts = urlsplit(stack.environment()["PROOFDESK_SMTP_URL"])
    with smtplib.SMTP(parts.hostname or "", parts.port or 0, timeout=5) as client:
        client.sendmail("desk@example.org", ["member@example.org"], b"Subject: Hello\r\n\r\nGood day.\r\n")


def strays(home: Path) -> list[psutil.Process]:
    found = []
    for process in psutil.process_iter():
        try:
            if process.environ().get(MARK) == str(home.resolve()) and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
        except psutil.Error:
            continue
    return found


def all_healthy(stack: Stack) -> bool:
    return all(each.healthy for each in stack.health())


def test_a_home_of_an_earlier_version_gets_the_roles_that_it_lacks(tmp_path: Path, make_stack: MakeStack) -> None:
    home = tmp_path / "home"
    with make_stack(home) as stack:
        run_sql(stack, "CREATE TABLE kept AS SELECT 42 AS answer")
        run_sql(stack, "DROP ROLE proofdesk_app, proofdesk_reader")
    known = read_json(Home.at(home).secrets)
    write_private(Home.at(home).secrets, {name: known[name] for name in known.keys() - set(LATER)})

    with make_stack(home) as again:
        users = [
            run_sql(again, "SELECT current_user", by=name)
            for name in ("PROOFDESK_DATABASE_URL", "PROOFDESK_READER_DATABASE_URL")
        ]
        assert users == [("proofdesk_app",), ("proofdesk_reader",)]
        assert run_sql(again, "SELECT answer FROM kept") == (42,)


def test_what_was_written_survives_a_stop_and_a_start(tmp_path: Path, make_stack: MakeStack) -> None:
    with make_stack(tmp_path / "home") as stack:
        run_sql(stack, "CREATE TABLE kept AS SELECT 42 AS answer")
        broker(stack).set("kept", "yes")
        storage(stack).create_bucket(Bucket="kept")
        storage(stack).put_object(Bucket="kept", Key="a", Body=b"bytes")
        send_mail(stack)

    with make_stack(tmp_path / "home") as again:
        assert run_sql(again, "SELECT answer FROM kept") == (42,)
        assert broker(again).get("kept") == b"yes"
        assert storage(again).get_object(Bucket="kept", Key="a")["Body"].read() == b"bytes"
        mails = list(Path(again.environment()["PROOFDESK_MAIL_FOLDER"]).glob("*.eml"))

    assert len(mails) == 1
    assert (
        mails[0].read_bytes().startswith(b"X-Envelope-From: desk@example.org\r\nX-Envelope-To: member@example.org\r\n")
    )
    assert strays(tmp_path / "home") == []


def test_a_second_start_is_told_who_runs_and_where_and_changes_nothing(tmp_path: Path, make_stack: MakeStack) -> None:
    with make_stack(tmp_path / "home") as stack:
        with pytest.raises(AlreadyUp) as caught:
            make_stack(tmp_path / "home").start()

        found = running(tmp_path / "home")
        assert all_healthy(stack)
        assert (caught.value.pid, caught.value.addresses) == (os.getpid(), stack.addresses())
        assert found is not None
        assert found.environment == stack.environment()
    assert running(tmp_path / "home") is None


def test_a_server_that_is_killed_comes_back_on_the_same_port(
    tmp_path: Path, make_stack: MakeStack, events: Events
) -> None:
    with make_stack(tmp_path / "home") as stack:
        before, addresses = stack.pids(), [each.address for each in stack.addresses()]

        for pid in before.values():
            os.kill(pid, signal.SIGKILL)

        assert eventually(lambda: len(stack.pids()) == 4 and all_healthy(stack))
        assert set(stack.pids().values()).isdisjoint(before.values())
        assert [each.address for each in stack.addresses()] == addresses
    assert {fields["name"] for name, fields in events if name == "child.restarted"} == set(before)


def test_processes_are_started_after_the_migration_and_web_changes_its_port_when_it_loses_it(
    tmp_path: Path, make_stack: MakeStack, commands: Mapping[str, tuple[str, ...]], capfd: pytest.CaptureFixture[str]
) -> None:
    printed: list[str] = []
    with make_stack(tmp_path / "home", services=True, commands=commands, echo=True) as stack:
        names = set(stack.pids())
        web = next(each for each in stack.addresses() if each.name == "web")
        healthy = all_healthy(stack)
        until(lambda: "worker-2 | worker begins" in _more(printed, capfd))

    assert names == {"postgres", "valkey", "storage", "mail", "web", "worker-1", "worker-2", "relay-1"}
    assert healthy
    assert "was taken, using" in web.note
    whole = _more(printed, capfd)
    assert whole.index("migrate  | migrate begins") < whole.index("worker-2 | worker begins")
    assert strays(tmp_path / "home") == []


def test_a_migration_that_fails_is_told_in_words_and_leaves_nothing_running(
    tmp_path: Path, make_stack: MakeStack, commands: Mapping[str, tuple[str, ...]]
) -> None:
    failing = {**commands, "migrate": (sys.executable, "-c", "raise SystemExit('the table is missing')")}

    with pytest.raises(EmbeddedError, match="the table is missing"):
        make_stack(tmp_path / "home", services=True, commands=failing).start()

    assert strays(tmp_path / "home") == []
    assert running(tmp_path / "home") is None


def test_a_start_after_kill_9_of_the_supervising_process_leaves_no_stray(
    tmp_path: Path, make_stack: MakeStack, events: Events, commands: Mapping[str, tuple[str, ...]]
) -> None:
    home = tmp_path / "home"
    arguments = [sys.executable, "-c", SUPERVISING, commands["web"][1], str(home)]
    with subprocess.Popen(
        arguments, env=dict(os.environ) | NOTHING_GIVEN, stdout=subprocess.PIPE, text=True
    ) as supervising:
        assert supervising.stdout is not None
        before = [psutil.Process(int(pid)) for pid in supervising.stdout.readline().split()]
        supervising.kill()

    with make_stack(home) as stack:
        assert len(before) == 8
        assert not any(process.is_running() and process.status() != psutil.STATUS_ZOMBIE for process in before)
        assert {process.pid for process in strays(home)} >= set(stack.pids().values())
        assert all_healthy(stack)
    assert events[0][0] == "leftovers.cleaned"
    assert strays(home) == []


def test_children_end_by_themselves_when_the_supervising_process_is_killed(
    tmp_path: Path, commands: Mapping[str, tuple[str, ...]]
) -> None:
    arguments = [sys.executable, "-c", SUPERVISING, commands["web"][1], str(tmp_path / "home")]
    with subprocess.Popen(
        arguments, env=dict(os.environ) | NOTHING_GIVEN, stdout=subprocess.PIPE, text=True
    ) as supervising:
        assert supervising.stdout is not None
        supervising.stdout.readline()
        supervising.kill()

    assert eventually(lambda: strays(tmp_path / "home") == [])


def test_a_busy_port_is_replaced_and_the_address_says_so(tmp_path: Path, make_stack: MakeStack) -> None:
    with socket.socket() as taken:
        taken.bind((LOOPBACK, 0))
        taken.listen()
        busy = taken.getsockname()[1]
        with make_stack(tmp_path / "home", preferred_ports={**ANY_PORTS, "storage": busy}) as stack:
            address = next(each for each in stack.addresses() if each.name == "storage")
            healthy = all_healthy(stack)

    assert healthy
    assert address.note == f"port {busy} was taken, using {urlsplit(address.address).port}"


def test_a_very_long_path_with_spaces_will_do(tmp_path: Path, make_stack: MakeStack) -> None:
    home = tmp_path / "a folder with spaces and a ' quote" / ("long " * 40).strip() / "home"

    with make_stack(home) as stack:
        assert all_healthy(stack)
        assert run_sql(stack, "SELECT 1") == (1,)


def test_a_data_folder_that_was_left_half_made_is_made_anew(tmp_path: Path, make_stack: MakeStack) -> None:
    half = tmp_path / "home" / "postgres" / "unfinished" / "data"
    half.mkdir(parents=True)
    (half / "PG_VERSION").write_text("18\n")

    with make_stack(tmp_path / "home") as stack:
        assert run_sql(stack, "SELECT 1") == (1,)


def test_a_server_that_the_environment_names_is_used_and_not_started(tmp_path: Path, make_stack: MakeStack) -> None:
    with make_stack(tmp_path / "first") as first:
        given = {name: first.environment()[name] for name in VARIABLES[:2]}
        with make_stack(tmp_path / "second", environment=given) as second:
            states = {each.name: each.state for each in second.addresses()}
            names, healthy, told = set(second.pids()), all_healthy(second), second.environment()

    assert states == {"postgres": "external", "valkey": "external", "storage": "up", "mail": "up"}
    assert names == {"storage", "mail"}
    assert healthy
    assert told.items() >= given.items()


def _more(printed: list[str], capfd: pytest.CaptureFixture[str]) -> str:
    """All that was printed until now."""
    printed.append(capfd.readouterr().out)
    return "".join(printed)
