"""The sandbox with real children: whatever a file makes of its child, the parent and the next file are none the worse."""

import os
import pickle
import select
import signal
import struct
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from itertools import count
from pathlib import Path

import psutil
import pytest

from pipeline.inspection.file import inspect_file
from pipeline.inspection.sandbox import ChildLimits, Death, Inspected, Sandbox, SandboxUnavailable
from tests.support.files import file_limits, photo
from tests.support.together import until

MIB = 1024 * 1024
OBEY = "tests.support.looks:obey"
LIMITS = file_limits(
    media_types=("image/jpeg",), max_bytes=MIB, large_side=128, small_side=32, page_side=128, quality=85
)
Ask = Callable[[bytes], Inspected]

PARENT = """
import sys, threading
from pathlib import Path
from pipeline.inspection.sandbox import Sandbox
from tests.support.files import file_limits

sandbox = Sandbox(examine="tests.support.looks:obey")
limits = file_limits(media_types=("image/jpeg",), max_bytes=1000, large_side=9, small_side=9, page_side=9, quality=85)
threading.Thread(target=sandbox.inspect, args=[Path(sys.argv[1])], kwargs={"limits": limits}).start()
print(sandbox.inspect(Path(sys.argv[2]), limits=limits).signals["did"], flush=True)
sys.stdin.read()
"""


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(children=2, examine=OBEY) as shared:
        yield shared


@pytest.fixture
def write(tmp_path: Path) -> Callable[[bytes], Path]:
    numbers = count()  # also for files that are written at the same time

    def put(body: bytes) -> Path:
        path = tmp_path / f"{next(numbers)}.jpg"
        path.write_bytes(body)
        return path

    return put


@pytest.fixture
def ask(sandbox: Sandbox, write: Callable[[bytes], Path]) -> Ask:
    return lambda body: sandbox.inspect(write(body), limits=LIMITS)


def framed(body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + body


def _two_of(family: set[psutil.Process]) -> list[psutil.Process]:
    """Two that have stopped themselves, or none yet."""
    stopped = [each for each in family if each.status() == psutil.STATUS_STOPPED]
    return stopped if len(stopped) == 2 else []


def _with_one_stopped(family: list[psutil.Process]) -> list[psutil.Process]:
    return family if any(each.status() == psutil.STATUS_STOPPED for each in family) else []


def codes(inspected: Inspected) -> list[str]:
    return [found.code for found in inspected.report.findings]


def test_a_photo_is_reported_just_as_it_is_in_our_own_process(sandbox: Sandbox, write: Callable[[bytes], Path]) -> None:
    path = write(photo())

    inspected = sandbox.inspect(path, limits=LIMITS, declared_type="image/jpeg", filename="me.jpg")

    assert inspected.report == inspect_file(path, limits=LIMITS)
    assert inspected.report.accepted
    assert inspected.signals
    assert inspected.peak_rss_mib > 10
    assert inspected.milliseconds > 0


def test_what_is_declared_and_named_reaches_the_child(sandbox: Sandbox, write: Callable[[bytes], Path]) -> None:
    inspected = sandbox.inspect(write(photo()), limits=LIMITS, filename="me\udcff.png")

    assert codes(inspected) == ["type_mismatch"]


def test_a_path_that_is_not_text_is_found(sandbox: Sandbox, tmp_path: Path) -> None:
    path = tmp_path / os.fsdecode(b"me \xff\n.jpg")
    path.write_bytes(photo())

    assert sandbox.inspect(path, limits=LIMITS).report.accepted


@pytest.mark.parametrize("deed", [b"segfault", b"abort", b"exit", b"give-up of all this"])
def test_a_child_that_dies_is_a_finding_and_the_next_file_is_inspected(ask: Ask, deed: bytes) -> None:
    inspected = ask(deed)

    assert codes(inspected) == ["processing_limit"]
    assert (inspected.report.size, inspected.report.sha256) == (len(deed), sha256(deed).hexdigest())
    assert inspected.report.renditions == ()
    assert len(inspected.deaths) == 2, "it is tried twice"
    assert ask(photo()).report.accepted


def test_a_signal_that_ends_its_child_is_left_out_and_refuses_nothing(sandbox: Sandbox, tmp_path: Path) -> None:
    path = tmp_path / "signal-dies.jpg"
    path.write_bytes(photo())

    inspected = sandbox.inspect(path, limits=LIMITS, filename=path.name)

    assert inspected.report.accepted
    assert inspected.signals == {}
    assert len(inspected.deaths) == 1


def test_a_file_that_a_fresh_child_survives_is_reported(write: Callable[[bytes], Path]) -> None:
    path = write(b"die-unless-new")
    with Sandbox(children=1, examine=OBEY) as sandbox:
        first, second = (sandbox.inspect(path, limits=LIMITS) for _ in range(2))

    assert first.signals != second.signals
    assert first.deaths == ()
    assert second.deaths == (Death("it ended", -signal.SIGABRT),)


def test_memory_without_end_is_a_finding(write: Callable[[bytes], Path]) -> None:
    with Sandbox(
        children=1, limits=ChildLimits(address_space_bytes=1024 * MIB, wall_seconds=120), examine=OBEY
    ) as sandbox:
        inspected = sandbox.inspect(write(b"allocate"), limits=LIMITS)

    assert codes(inspected) == ["processing_limit"]
    assert {each.reason for each in inspected.deaths} == {"it gave up: MemoryError"}


def test_processor_time_without_end_is_a_finding(write: Callable[[bytes], Path]) -> None:
    with Sandbox(children=1, limits=ChildLimits(cpu_seconds=1, wall_seconds=120), examine=OBEY) as sandbox:
        inspected = sandbox.inspect(write(b"spin"), limits=LIMITS)

    assert codes(inspected) == ["processing_limit"]
    assert {each.exit_code for each in inspected.deaths} == {-signal.SIGXCPU}


def test_processor_time_is_counted_anew_for_each_file(write: Callable[[bytes], Path]) -> None:
    path = write(photo())
    with Sandbox(children=1, limits=ChildLimits(cpu_seconds=1), examine=OBEY) as sandbox:
        inspected = [sandbox.inspect(path, limits=LIMITS) for _ in range(20)]

    assert all(each.report.accepted for each in inspected)
    assert not any(each.deaths for each in inspected)


def test_a_file_that_takes_too_long_is_given_up_after_its_time_in_all(write: Callable[[bytes], Path]) -> None:
    with Sandbox(children=1, limits=ChildLimits(wall_seconds=0.5), examine=OBEY) as sandbox:
        inspected = sandbox.inspect(write(b"sleep"), limits=LIMITS)

    assert codes(inspected) == ["processing_limit"]
    assert inspected.deaths == (Death("it took too long", -signal.SIGKILL),)
    assert 500 <= inspected.milliseconds < 5000


def test_a_reply_that_stops_in_its_middle_is_given_up_in_time(write: Callable[[bytes], Path]) -> None:
    with Sandbox(children=1, limits=ChildLimits(wall_seconds=0.5), examine=OBEY) as sandbox:
        inspected = sandbox.inspect(write(b"say " + framed(b"{}")[:5]), limits=LIMITS)

    assert inspected.deaths == (Death("it took too long", -signal.SIGKILL),)
    assert 500 <= inspected.milliseconds < 2000


def test_there_is_no_network(ask: Ask) -> None:
    assert ask(b"connect").signals["did"] in {"EPERM", "ENETUNREACH"}


def test_nothing_can_be_written(ask: Ask, tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    kept.write_bytes(b"as it was")

    assert ask(b"write " + os.fsencode(kept)).signals["did"] in {"EPERM", "EACCES", "EFBIG"}
    assert kept.exists()


@pytest.fixture
def filtered(sandbox: Sandbox) -> None:
    if "seccomp" not in sandbox.protections():
        pytest.skip("this kernel filters no system calls")


@pytest.mark.usefixtures("filtered")
@pytest.mark.parametrize("deed", [b"fork", b"exec", b"ptrace", b"unshare", b"connect"])
def test_what_no_decoder_needs_is_refused_and_the_child_goes_on(ask: Ask, deed: bytes) -> None:
    assert ask(deed).signals["did"] == "EPERM"


@pytest.mark.usefixtures("filtered")
@pytest.mark.parametrize("deed", [b"write", b"delete", b"chmod"])
def test_files_stay_as_they_are(ask: Ask, tmp_path: Path, deed: bytes) -> None:
    kept = tmp_path / "kept"
    kept.write_bytes(b"as it was")

    assert ask(deed + b" " + os.fsencode(kept)).signals["did"] == "EPERM"
    assert kept.read_bytes() == b"as it was"


@pytest.mark.usefixtures("filtered")
def test_other_processes_cannot_be_killed(ask: Ask) -> None:
    assert ask(b"kill %d" % os.getpid()).signals["did"] == "EPERM"


@pytest.mark.usefixtures("filtered")
def test_threads_are_allowed_since_decoders_use_them(ask: Ask) -> None:
    assert ask(b"thread").signals["did"] == "done"


def test_other_processes_cannot_be_read(sandbox: Sandbox, ask: Ask) -> None:
    if "landlock" not in sandbox.protections():
        pytest.skip("this kernel does not have Landlock")

    assert ask(b"read /proc/%d/environ" % os.getpid()).signals["did"] in {"EACCES", "EPERM"}


def test_neither_our_main_module_nor_our_environment_reaches_a_child(
    write: Callable[[bytes], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PROOFDESK_DATABASE_URL", "postgresql://secret")
    with Sandbox(children=1, examine=OBEY) as sandbox:
        main, variables = (
            sandbox.inspect(write(body), limits=LIMITS).signals["did"] for body in (b"main", b"environment")
        )

    assert main is None
    assert isinstance(variables, list)
    assert not {"PROOFDESK_DATABASE_URL", "HOME"} & set(variables)


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        (b"\xff\xff\xff\xff", "4294967295 bytes announced"),
        (framed(b"hello"), "json_invalid"),
        (framed(pickle.dumps(print)), "json_invalid"),
        (framed(b"{}"), "union_tag_not_found"),
        (framed(b'{"kind": "ready", "protections": ["all"]}'), "not a report"),
    ],
)
def test_a_reply_that_is_none_is_the_death_of_its_child(ask: Ask, said: bytes, reason: str) -> None:
    inspected = ask(b"say " + said)

    assert codes(inspected) == ["processing_limit"]
    assert all(reason in each.reason for each in inspected.deaths)
    assert ask(photo()).report.accepted


def test_a_child_that_speaks_unasked_does_not_answer_for_the_next_file(write: Callable[[bytes], Path]) -> None:
    with Sandbox(children=1, examine=OBEY) as sandbox:
        sandbox.inspect(write(b"say-twice"), limits=LIMITS)
        after = sandbox.inspect(write(photo()), limits=LIMITS)

    assert after.report.accepted
    assert [each.reason for each in after.deaths] == ["its reply is broken: it speaks unasked"]


def test_two_files_are_inspected_at_the_same_time_by_two_children(write: Callable[[bytes], Path]) -> None:
    path = write(b"stop")
    with Sandbox(children=2, examine=OBEY) as sandbox, ThreadPoolExecutor(2) as threads:
        before = set(psutil.Process().children(recursive=True))
        asked = [threads.submit(sandbox.inspect, path, limits=LIMITS) for _ in range(2)]
        stopped = until(lambda: _two_of(set(psutil.Process().children(recursive=True)) - before))
        for each in stopped:
            each.resume()

    assert [each.result().signals["did"] for each in asked] == ["went on", "went on"]


def test_a_child_is_used_again_until_it_is_worn_out(write: Callable[[bytes], Path]) -> None:
    path = write(b"pid")
    with Sandbox(children=1, limits=ChildLimits(files_per_child=3), examine=OBEY) as sandbox:
        pids = [sandbox.inspect(path, limits=LIMITS).signals["did"] for _ in range(7)]

    assert [pids.count(each) for each in dict.fromkeys(pids)] == [3, 3, 1]


def test_a_child_that_keeps_too_much_memory_is_replaced(write: Callable[[bytes], Path]) -> None:
    path = write(b"pid")
    with Sandbox(children=1, limits=ChildLimits(rss_per_child=MIB), examine=OBEY) as sandbox:
        pids = {sandbox.inspect(path, limits=LIMITS).signals["did"] for _ in range(3)}

    assert len(pids) == 3


def test_many_files_leave_our_own_memory_as_it_was(sandbox: Sandbox, write: Callable[[bytes], Path]) -> None:
    path = write(photo())
    for _ in range(50):
        sandbox.inspect(path, limits=LIMITS)
    before = psutil.Process().memory_info().rss

    for _ in range(200):
        sandbox.inspect(path, limits=LIMITS)

    assert psutil.Process().memory_info().rss - before < 4 * MIB


def test_nothing_is_started_before_the_first_use_and_nothing_is_left_after_the_last(
    write: Callable[[bytes], Path],
) -> None:
    before = psutil.Process().children(recursive=True)
    with Sandbox(examine=OBEY) as sandbox:
        assert psutil.Process().children(recursive=True) == before
        sandbox.inspect(write(photo()), limits=LIMITS)
        started = set(psutil.Process().children(recursive=True)) - set(before)

    assert len(started) == 2
    assert not any(each.is_running() for each in started)


def test_a_dead_fork_server_is_replaced(write: Callable[[bytes], Path]) -> None:
    before = set(psutil.Process().children())
    with Sandbox(children=1, examine=OBEY) as sandbox:
        sandbox.inspect(write(photo()), limits=LIMITS)
        (server,) = set(psutil.Process().children()) - before
        (child,) = server.children()
        server.kill()
        gone, _ = psutil.wait_procs([child], timeout=10)
        again = sandbox.inspect(write(photo()), limits=LIMITS)

    assert gone == [child]
    assert again.report.accepted
    assert again.deaths == (Death("it ended", None),)


def test_a_stop_meant_for_the_worker_does_not_end_its_children(ask: Ask) -> None:
    first = ask(b"pid").signals["did"]
    child = psutil.Process(int(str(first)))
    for each in (child.parent(), child):
        assert each is not None
        each.send_signal(signal.SIGTERM)
        each.send_signal(signal.SIGINT)

    assert ask(b"pid").signals["did"] == first


def test_nobody_is_left_when_the_parent_is_killed(write: Callable[[bytes], Path]) -> None:
    command = [sys.executable, "-c", PARENT, str(write(b"stop")), str(write(b"pid"))]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        assert parent.stdout.readline().strip().isdigit()
        family = until(lambda: _with_one_stopped(psutil.Process(parent.pid).children(recursive=True)))
        ends = [os.pidfd_open(each.pid) for each in family]
        parent.kill()

    ended = [bool(select.select([end], [], [], 10)[0]) for end in ends]
    for end in ends:
        os.close(end)
    assert ended == [True, True, True], "a fork server and two children, one of them busy"


def test_an_interpreter_in_a_folder_with_a_space_will_do(
    write: Callable[[bytes], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "my own"
    folder.mkdir()
    python = folder / "python"
    python.symlink_to(sys.executable)
    monkeypatch.setattr(sys, "executable", str(python))

    with Sandbox(children=1, examine=OBEY) as sandbox:
        assert sandbox.inspect(write(photo()), limits=LIMITS).report.accepted


def test_a_path_without_a_file_is_an_error_of_the_caller(sandbox: Sandbox, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        sandbox.inspect(tmp_path / "missing", limits=LIMITS)
    with pytest.raises(IsADirectoryError):
        sandbox.inspect(tmp_path, limits=LIMITS)


def test_what_might_never_begin_or_end_is_not_read(sandbox: Sandbox, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")

    with pytest.raises(OSError, match="Not an ordinary file"):
        sandbox.inspect(tmp_path / "pipe", limits=LIMITS)
    with pytest.raises(OSError, match="Not an ordinary file"):
        sandbox.inspect(Path("/dev/zero"), limits=LIMITS)


def test_a_machine_that_starts_no_child_is_told_apart_from_a_bad_file(write: Callable[[bytes], Path]) -> None:
    with Sandbox(examine="tests.support.looks:missing") as sandbox, pytest.raises(SandboxUnavailable, match="missing"):
        sandbox.inspect(write(photo()), limits=LIMITS)


def test_decoders_that_fail_when_they_are_confined_are_noticed_before_the_first_file(
    write: Callable[[bytes], Path],
) -> None:
    with (
        Sandbox(children=1, examine="tests.support.broken_decoder:examine") as sandbox,
        pytest.raises(SandboxUnavailable, match="decoders_fail_when_confined"),
    ):
        sandbox.inspect(write(photo()), limits=LIMITS)


def test_the_decoders_are_tried_in_the_first_child_that_is_confined(write: Callable[[bytes], Path]) -> None:
    with Sandbox(children=1) as sandbox:
        assert sandbox.inspect(write(photo()), limits=LIMITS).report.accepted
