import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from cli.embedded import AddressInUseError, EmbeddedError, leftovers
from cli.embedded.child import FIRST_DELAY, LONG_LIFE, LONGEST_DELAY, Child, Spec, exit_reason
from cli.embedded.home import Home, write_private
from cli.embedded.leftovers import MARK
from cli.embedded.output import LARGEST_LOG, Echo, rotate, tail
from cli.embedded.readiness import await_answer, await_end
from cli.embedded.supervisor import Supervisor

SLEEP = (sys.executable, "-c", "import time; time.sleep(60)")
STUBBORN = (
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('ready', flush=True); time.sleep(60)"
)
Stray = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def home(tmp_path: Path) -> Home:
    place = Home.at(tmp_path / "home")
    place.make()
    return place


@pytest.fixture
def events() -> list[tuple[str, dict[str, object]]]:
    return []


@pytest.fixture
def supervisor(home: Home, events: list[tuple[str, dict[str, object]]]) -> Iterator[Supervisor]:
    watched = Supervisor(home, lambda name, fields: events.append((name, fields)))
    yield watched
    watched.end(watched.children().values())
    watched.close()


@pytest.fixture
def stray() -> Iterator[Stray]:
    started: list[subprocess.Popen[str]] = []

    def start(code: str, **variables: str) -> subprocess.Popen[str]:
        environment = dict(os.environ) | variables
        started.append(
            subprocess.Popen([sys.executable, "-c", code], env=environment, stdout=subprocess.PIPE, text=True)
        )
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.communicate()


def spec(home: Home, *command: str, name: str = "worker-1") -> Spec:
    ending = ((signal.SIGTERM, 0.5), (signal.SIGKILL, 5.0))
    return Spec(name=name, command=command, environment=dict(os.environ), log=home.log(name), ending=ending)


def eventually(condition: Callable[[], bool], seconds: float = 60) -> bool:
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.02)
    return condition()


def test_a_child_that_is_killed_is_restarted_and_both_are_reported(
    home: Home, supervisor: Supervisor, events: list[tuple[str, dict[str, object]]]
) -> None:
    child = supervisor.start(spec(home, *SLEEP))
    supervisor.keep_running(child)
    first = child.pid
    assert first is not None

    os.kill(first, signal.SIGKILL)

    assert eventually(lambda: len(events) == 2)
    assert events[0] == (
        "child.died",
        {"name": "worker-1", "pid": first, "reason": "signal SIGKILL", "restart_in": 0.2},
    )
    assert events[1] == ("child.restarted", {"name": "worker-1", "pid": child.pid, "restarts": 1})


def test_the_delay_doubles_up_to_a_limit_and_a_long_life_resets_it(home: Home) -> None:
    child = Child(spec(home, *SLEEP))
    started = time.monotonic()

    delays = [child.plan_restart(0.0)[1] for _ in range(8)]

    assert delays == [FIRST_DELAY, 0.4, 0.8, 1.6, 3.2, 6.4, LONGEST_DELAY, LONGEST_DELAY]
    assert child.plan_restart(started + LONG_LIFE)[1] == FIRST_DELAY


def test_a_child_that_does_not_listen_to_sigterm_is_killed(home: Home, supervisor: Supervisor) -> None:
    child = supervisor.start(spec(home, sys.executable, "-c", STUBBORN))
    assert eventually(lambda: "ready" in child.recent_output())

    supervisor.end([child])

    assert child.exit_code == -signal.SIGKILL
    assert supervisor.children() == {}


def test_a_child_has_its_own_session_so_that_ctrl_c_does_not_reach_it(home: Home, supervisor: Supervisor) -> None:
    child = supervisor.start(spec(home, *SLEEP))

    assert child.pid is not None
    assert os.getsid(child.pid) == child.pid


def test_what_a_child_leaves_in_its_group_ends_with_it(home: Home, supervisor: Supervisor) -> None:
    code = "import subprocess, sys; p = subprocess.Popen(['sleep', '60']); print(p.pid, flush=True); p.wait()"
    child = supervisor.start(spec(home, sys.executable, "-c", code))
    assert eventually(lambda: child.recent_output().strip().isdigit())
    grandchild = psutil.Process(int(child.recent_output()))

    supervisor.end([child])

    assert eventually(lambda: not grandchild.is_running() or grandchild.status() == psutil.STATUS_ZOMBIE)


def test_a_lost_race_for_a_port_is_an_error_of_its_own(home: Home, supervisor: Supervisor) -> None:
    message = "[Errno 98] bind on address ('127.0.0.1', 1): Address already in use"
    child = supervisor.start(spec(home, sys.executable, "-c", f"raise SystemExit({message!r})"))

    with pytest.raises(AddressInUseError):
        await_answer(child, lambda: None, port=1, seconds=60, aborting=threading.Event())


def test_a_failure_is_reported_with_the_end_of_the_log(home: Home, supervisor: Supervisor) -> None:
    child = supervisor.start(
        spec(home, sys.executable, "-c", "raise SystemExit('the table is missing')", name="migrate")
    )

    with pytest.raises(EmbeddedError, match=r"migrate ended at its start \(exit code 1\)(.|\n)*the table is missing"):
        await_end(child, seconds=60, aborting=threading.Event())


def test_leftovers_are_found_by_their_environment_even_if_they_ignore_sigterm(home: Home, stray: Stray) -> None:
    process = stray(STUBBORN, **{MARK: str(home.path)})
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"

    cleaned = leftovers.clean(home, patience=0.3)

    assert list(cleaned.ended) == [process.pid]
    assert not psutil.pid_exists(process.pid)


def test_leftovers_are_found_by_the_state_file(home: Home, stray: Stray) -> None:
    process = stray("import time; time.sleep(60)")
    started = psutil.Process(process.pid).create_time()
    write_private(home.children, {"children": [{"name": "worker-1", "pid": process.pid, "create_time": started}]})

    cleaned = leftovers.clean(home)

    assert list(cleaned.ended) == [process.pid]
    assert cleaned.files == ["run/children.json"]
    assert not home.children.exists()


def test_a_process_that_only_has_the_id_of_an_earlier_child_is_left_alone(home: Home, stray: Stray) -> None:
    process = stray("import time; time.sleep(60)")
    started = psutil.Process(process.pid).create_time() - 100
    write_private(home.children, {"children": [{"name": "worker-1", "pid": process.pid, "create_time": started}]})

    cleaned = leftovers.clean(home)

    assert cleaned.ended == {}
    assert process.poll() is None


def test_a_process_of_another_home_is_left_alone(home: Home, stray: Stray) -> None:
    process = stray("import time; time.sleep(60)", **{MARK: f"{home.path}-other"})

    assert not leftovers.clean(home)
    assert process.poll() is None


def test_a_stale_pid_file_of_postgresql_is_removed(home: Home) -> None:
    home.cluster.mkdir(parents=True)
    (home.cluster / "postmaster.pid").write_text(f"{os.getpid()}\n{home.cluster}\n")

    cleaned = leftovers.clean(home)

    assert cleaned.files == ["postgres/data/postmaster.pid"]


def test_lines_are_passed_on_with_the_name_of_the_child(home: Home) -> None:
    lines: list[str] = []
    home.log("web").write_text("from an earlier run\n")
    echo = Echo([("web", home.log("web")), ("relay-1", home.log("relay-1"))], lines.append)

    with home.log("web").open("a") as log:
        log.write("one\ntwo\nnot yet whole")
    echo.close()

    assert lines == ["web     | one", "web     | two"]


def test_a_large_log_is_rotated(home: Home) -> None:
    log = home.log("web")
    log.write_bytes(b"x" * (LARGEST_LOG + 1))

    rotate(log)

    assert not log.exists()
    assert log.with_name("web.log.1").exists()


def test_the_tail_of_a_log_starts_at_the_given_byte(home: Home) -> None:
    home.log("web").write_text("old\nnew\n")

    assert tail(home.log("web"), since=4) == "new"


def test_the_exit_of_a_process_is_given_in_words() -> None:
    assert [exit_reason(code) for code in (3, -9)] == ["exit code 3", "signal SIGKILL"]
