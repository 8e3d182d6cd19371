import json
import os
import stat
from pathlib import Path

import pytest

from cli.embedded import EmbeddedError
from cli.embedded.credentials import credentials
from cli.embedded.home import Home, HomeLock, is_locked, read_json, write_private
from cli.embedded.ports import Ports
from cli.embedded.record import Address, running, write_record
from cli.embedded.servers.mail import Mail
from cli.embedded.servers.postgres import Postgres
from cli.embedded.survey import without_secret
from cli.embedded.variables import child_environment, external_urls


@pytest.fixture
def home(tmp_path: Path) -> Home:
    place = Home.at(tmp_path / "home")
    place.make()
    return place


def test_a_state_file_is_for_its_owner_only_and_leaves_no_temporary_file(tmp_path: Path) -> None:
    write_private(tmp_path / "state.json", {"a": 1})

    assert read_json(tmp_path / "state.json") == {"a": 1}
    assert stat.S_IMODE((tmp_path / "state.json").stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [tmp_path / "state.json"]


def test_a_folder_that_was_there_before_keeps_its_rights_and_its_files(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    (tmp_path / ".gitignore").write_text("mine\n")

    Home.at(tmp_path).make()

    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o755
    assert (tmp_path / ".gitignore").read_text() == "mine\n"


def test_secrets_are_generated_once(home: Home) -> None:
    assert credentials(home) == credentials(home)
    assert stat.S_IMODE(home.secrets.stat().st_mode) == 0o600


def test_damaged_secrets_are_never_replaced_behind_the_data(home: Home) -> None:
    home.secrets.write_text("{}")

    with pytest.raises(EmbeddedError, match="damaged"):
        credentials(home)

    assert home.secrets.read_text() == "{}"


def test_secrets_do_not_show_in_a_representation(home: Home) -> None:
    keys = credentials(home)

    assert keys.database_password not in repr(keys)


def test_a_lock_is_held_by_one_at_a_time(home: Home) -> None:
    first, second = HomeLock(home.lock), HomeLock(home.lock)

    assert first.acquire()
    assert not second.acquire()
    assert is_locked(home.lock)

    first.release()
    assert not is_locked(home.lock)
    assert second.acquire()
    second.release()


def test_a_record_without_its_lock_is_no_running_stack(home: Home) -> None:
    write_record(home, [Address("web", "http://127.0.0.1:8000", "up", pid=1)])

    assert running(home.path) is None


def test_a_record_with_its_lock_tells_who_runs_and_where(home: Home) -> None:
    address = Address("web", "http://127.0.0.1:8000", "up", pid=1)
    lock = HomeLock(home.lock)
    assert lock.acquire()
    write_record(home, [address])
    write_private(home.environment, {"PROOFDESK_PROFILE": "embedded"})

    found = running(home.path)

    lock.release()
    assert found is not None
    assert (found.pid, found.addresses) == (os.getpid(), [address])
    assert found.environment == {"PROOFDESK_PROFILE": "embedded"}


def test_a_record_of_a_process_whose_id_was_used_again_is_not_believed(home: Home) -> None:
    lock = HomeLock(home.lock)
    assert lock.acquire()
    home.stack.write_text(json.dumps({"pid": os.getpid(), "create_time": 1.0, "addresses": []}))

    found = running(home.path)

    lock.release()
    assert found is None


def test_an_address_in_the_environment_replaces_a_server(home: Home) -> None:
    keys = credentials(home)
    given = {"PROOFDESK_DATABASE_URL": "postgresql+psycopg://u:p@db.example/x", "PROOFDESK_SMTP_URL": ""}

    external = external_urls([Postgres(home, keys), Mail(home, keys)], Ports(home.ports), given)

    assert external == {"postgres": "postgresql+psycopg://u:p@db.example/x"}


def test_an_address_that_an_earlier_run_left_in_the_shell_replaces_nothing(home: Home) -> None:
    server = Postgres(home, credentials(home))

    assert external_urls([server], Ports(home.ports), {server.variable: server.url(4711)}) == {}


def test_settings_of_another_postgresql_do_not_reach_children_of_ours(home: Home) -> None:
    base = {"PGHOST": "elsewhere", "PATH": "/bin", "NO_PROXY": "example.org"}

    environment = child_environment(home, base, {}, foreign=False)

    assert "PGHOST" not in environment
    assert environment["PATH"] == "/bin"
    assert environment["NO_PROXY"] == "example.org,127.0.0.1,localhost"


def test_an_address_is_shown_without_its_secret() -> None:
    assert without_secret("redis://:secret@127.0.0.1:1/0?password=secret") == "redis://127.0.0.1:1/0"
