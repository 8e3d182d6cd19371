"""`proofdesk up` as its user meets it: started, started twice, killed, started again."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from tests.support.processes import supervised

PHOTO = Path(__file__).parents[2] / "cli" / "demo" / "files" / "avatar-portrait.jpg"
DEADLINE_SECONDS = 60


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("up") / "a home with spaces"


@pytest.fixture(scope="module")
def first(home: Path) -> Iterator["subprocess.Popen[str]"]:
    """One `proofdesk up` for the tests of this file, since a start takes long; the last of them kills it."""
    with _up(home) as up:
        yield up


def test_a_second_up_says_that_the_first_is_up_and_leaves_it_alone_and_doctor_finds_all_well(
    home: Path, first: "subprocess.Popen[str]"
) -> None:
    before = {process.pid for process in supervised(home)}
    second = subprocess.run(_command(home, "up"), capture_output=True, text=True, timeout=DEADLINE_SECONDS, check=False)
    after = {process.pid for process in supervised(home)}
    doctor = _doctor(home, "--json")

    assert second.returncode == 1
    assert f"already up in this folder, as process {first.pid}" in " ".join(second.stderr.split())
    assert before == after
    assert [check for check in json.loads(doctor.stdout) if not check["ok"]] == []
    assert doctor.returncode == 0
    assert first.poll() is None


def test_after_kill_nine_of_up_the_next_one_comes_up_with_everything_and_no_stray_process_and_ends_when_told(
    home: Path, first: "subprocess.Popen[str]"
) -> None:
    submitted = _proofdesk(home, "submit", str(PHOTO), "--member", "m1", "--name", "Lin", "--email", "lin@example.com")
    before = {process.pid for process in supervised(home)}
    first.send_signal(signal.SIGKILL)
    first.wait(DEADLINE_SECONDS)

    said: list[str] = []
    with _up(home, "--play", until="admin", said=said) as second:
        view = _submission(home, json.loads(submitted)["id"])
        strays = before & {process.pid for process in supervised(home)}
        desk = _at_the_desk(said)
        second.send_signal(signal.SIGINT)
        second.wait(DEADLINE_SECONDS)

    assert view["state"] in {"received", "in_review"}
    assert "40 cases wait for you" in desk
    assert strays == set()
    assert supervised(home) == []
    assert second.returncode == 0


def test_doctor_says_what_is_missing_where_nothing_is_up(tmp_path: Path) -> None:
    doctor = _doctor(tmp_path / "home")

    assert doctor.returncode == 1
    assert "PROOFDESK_DATABASE_URL" in doctor.stdout


def _doctor(home: Path, *options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        _command(home, "doctor", *options), capture_output=True, text=True, check=False, env=_environment(home)
    )


@contextmanager
def _up(
    home: Path, *options: str, until: str = "All is healthy", said: list[str] | None = None
) -> Iterator[subprocess.Popen[str]]:
    """`proofdesk up`, from the moment that it says that all is healthy, or what else is waited for. `said` gets its lines."""
    said = [] if said is None else said
    with subprocess.Popen(
        _command(home, "up", "--quiet", *options), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as up:
        try:
            for line in up.stdout or []:
                said.append(line)
                if line.startswith(until):
                    break
            else:
                pytest.fail("".join(said))
            yield up
        finally:
            up.kill()


def _at_the_desk(said: list[str]) -> str:
    """The queue's page of who signs in as the printed reviewer."""
    role, link, _, password = next(line.split() for line in said if line.startswith("reviewer"))
    with httpx.Client(follow_redirects=True, headers={"Origin": link.split("/console")[0]}) as browser:
        assert f'value="rae.{role}"' in browser.get(link).text
        form = {"name": f"rae.{role}", "password": password}
        return browser.post(link.split("?")[0], data=form).text


def _command(home: Path, *arguments: str) -> list[str]:
    where = ["--home", str(home)] if arguments[0] == "up" else []
    return [sys.executable, "-m", "cli", *arguments, *where]


def _environment(home: Path) -> dict[str, str]:
    return {**os.environ, "PROOFDESK_HOME": str(home)}


def _proofdesk(home: Path, *arguments: str) -> str:
    done = subprocess.run(
        _command(home, *arguments, "--json"), capture_output=True, text=True, check=True, env=_environment(home)
    )
    return done.stdout


def _submission(home: Path, submission_id: str) -> dict[str, object]:
    key = json.loads(_proofdesk(home, "key", "create", "--name", "test", "--scope", "submit:all"))["key"]
    environment = json.loads((home / "environment.json").read_text())
    url = f"{environment['PROOFDESK_WEB_URL']}/v1/submissions/{submission_id}"
    view: dict[str, object] = httpx.get(url, headers={"Authorization": f"Bearer {key}"}).raise_for_status().json()
    return view
