"""A file takes over the child that opens it, and runs its own code there: it gets at nothing but itself, and the parent lives."""

import os
import platform
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from textwrap import dedent

import psutil
import pytest

from pipeline.inspection.sandbox import ChildLimits, Death, Inspected, Sandbox
from tests.support.attacker import MARK
from tests.support.files import file_limits, photo

MIB = 1024 * 1024
ATTACKER = "tests.support.attacker:run"
LIMITS = file_limits(
    media_types=("image/jpeg",), max_bytes=MIB, large_side=128, small_side=32, page_side=128, quality=85
)
DENIED = {"EACCES", "EPERM", "ENOSYS", "ENOTTY"}
SECRET = "the-key-of-the-database"
Attack = Callable[..., Inspected]

pytestmark = pytest.mark.skipif(platform.machine() != "x86_64", reason="the attacks name system calls of x86_64")


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PROOFDESK_DATABASE_URL", f"postgresql://{SECRET}")
        with Sandbox(children=1, examine=ATTACKER) as shared:
            shared.protections()
            yield shared


@pytest.fixture
def attack(sandbox: Sandbox, tmp_path: Path) -> Attack:
    """Have a child run this script; `values` are at its hands as names."""

    def run(script: str, **values: object) -> Inspected:
        path = tmp_path / "upload"
        given = "".join(f"{name} = {value!r}\n" for name, value in values.items())
        path.write_bytes(MARK + given.encode() + dedent(script).encode())
        return sandbox.inspect(path, limits=LIMITS)

    return run


def did(inspected: Inspected) -> dict[str, object]:
    assert inspected.deaths == ()
    found = inspected.signals["did"]
    assert isinstance(found, dict)
    return found


def allowed(inspected: Inspected) -> dict[str, object]:
    """The attempts that were not denied."""
    found = did(inspected)
    assert found
    return {name: outcome for name, outcome in found.items() if outcome not in DENIED}


def test_no_file_can_be_opened_wherever_it_is(attack: Attack, tmp_path: Path) -> None:
    other = tmp_path / "proofdesk-inspection-1-x"
    other.mkdir()
    (other / "upload").write_bytes(b"another member's passport")
    (tmp_path / "secrets").write_text(SECRET, encoding="ascii")

    found = attack(
        """
        def opened(path, flags=os.O_RDONLY):
            return lambda: os.read(os.open(path, flags), 99)
        names = [*paths, "/etc/passwd", "/etc/hostname", "/proc/1/environ", "/proc/self/environ", "/proc/self/maps", "/proc/self/mem",
                 f"/proc/{parent}/environ", f"/proc/{parent}/mem", f"/proc/{parent}/cmdline", "/proc/meminfo", "/sys/kernel/notes",
                 "/dev/zero", "/dev/urandom", "/tmp", "/", "/proc/self/fd/0", os.__file__]
        did = outcomes(**{name: opened(name) for name in names})
        did |= outcomes(
            path=opened(paths[0], os.O_PATH), folder=opened("/tmp", os.O_DIRECTORY), raw=lambda: call(2, b"/etc/passwd", 0, 0),
            openat2=lambda: call(437, -100, b"/etc/passwd", bytes(24), 24), creat=lambda: call(85, b"/tmp/mine", 0o600),
            listed=lambda: os.listdir("/tmp"), fonts=lambda: os.listdir("/usr/share"), stat=lambda: os.stat(paths[0]).st_size,
            size=lambda: call(4, paths[0].encode(), bytes(256)), link=lambda: os.readlink("/proc/self/exe"),
            there=lambda: call(21, b"/etc/passwd", 0),
        )
        """,
        paths=[str(other / "upload"), str(tmp_path / "secrets")],
        parent=os.getpid(),
    )

    assert allowed(found) == {}


def test_nothing_is_open_but_the_file_itself_and_the_link(attack: Attack) -> None:
    found = did(
        attack(
            """
            def seen(descriptor):
                try:
                    return os.pread(descriptor, 20, 0).decode("latin-1")
                except OSError as error:
                    return errno.errorcode[error.errno]
            kept = {each: seen(each) for each in range(256)}
            did = {str(each): what for each, what in kept.items() if what != "EBADF"}
            """
        )
    )

    kinds = {str(what)[:8] for what in found.values()}
    assert kinds <= {"", "ESPIPE", "EPERM", "EINVAL", "Name:\tpy", "#!attack"}
    assert len(found) <= 7, "three standard ones that lead nowhere, the link, the file, two counts of its own memory"


def test_no_secret_is_in_the_environment_or_the_memory_of_a_child(attack: Attack) -> None:
    found = did(attack("did = {'names': sorted(os.environ), 'argv': [__import__('sys').argv]}"))

    assert SECRET not in str(found)
    assert not any(name.startswith("PROOFDESK") for name in found["names"])  # type: ignore[attr-defined]


def test_there_is_no_socket_of_any_family(attack: Attack) -> None:
    found = attack(
        """
        families = {"unix": 1, "inet": 2, "ax25": 3, "inet6": 10, "netlink": 16, "packet": 17, "alg": 38, "nfc": 39, "vsock": 40, "xdp": 44}
        did = outcomes(
            **{name: lambda number=number: call(41, number, 1, 0) for name, number in families.items()},
            pair=lambda: call(53, 1, 1, 0, bytes(8)), bind=lambda: call(49, link(), bytes(16), 16), listen=lambda: call(50, link(), 1),
            accept=lambda: call(43, link(), 0, 0), connect=lambda: call(42, link(), bytes(16), 16),
            passed=lambda: call(46, link(), bytes(56), 0), option=lambda: call(54, link(), 1, 7, bytes(4), 4),
        )
        """
    )

    assert allowed(found) == {}


def test_no_other_process_is_started_or_touched(attack: Attack) -> None:
    found = attack(
        """
        def owner():
            fcntl.fcntl(link(), 8, parent)
            fcntl.fcntl(link(), 10, 9)
        did = outcomes(
            fork=os.fork, vfork=lambda: call(58), clone=lambda: call(56, 17, 0, 0, 0, 0), clone3=lambda: call(435, bytes(88), 88),
            namespace=lambda: call(56, 0x10000000 | 0x10000 | 0x800 | 0x100, 0, 0, 0, 0), execve=lambda: os.execv("/bin/true", ["true"]),
            execveat=lambda: call(322, file.fileno(), b"", 0, 0, 0x1000), kill=lambda: os.kill(parent, 9), all=lambda: call(62, -1, 9),
            group=lambda: call(62, 0, 9), thread=lambda: call(234, parent, parent, 9), tkill=lambda: call(200, parent, 9),
            queued=lambda: call(129, parent, 9, bytes(128)), pidfd=lambda: call(434, parent, 0), owner=owner,
            ioctl_owner=lambda: fcntl.ioctl(link(), 0x8901, struct.pack("i", parent)), ptrace=lambda: call(101, 16, parent, 0, 0),
            limits=lambda: call(302, parent, 7, 0, bytes(16)), priority=lambda: call(141, 0, parent, 19), wait=lambda: call(61, -1, 0, 0, 0),
            compare=lambda: call(312, parent, parent, 0, 0, 0), shared=lambda: call(29, 1, 4096, 0o600), message=lambda: call(68, 1, 0o600),
            death=lambda: call(157, 1, 0), dumpable=lambda: call(157, 4, 1), unshare=lambda: call(272, 0x10000000), root=lambda: call(161, b"/"),
            user=lambda: call(105, 1), personality=lambda: call(135, 0x0400000),
        )
        """,
        parent=os.getpid(),
    )

    assert allowed(found) == {}


def test_nothing_is_written_or_made_a_program(attack: Attack, tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    kept.write_bytes(b"as it was")

    found = attack(
        """
        name = kept.encode()
        did = outcomes(
            write=lambda: os.open(kept, os.O_WRONLY), append=lambda: os.open(kept, os.O_APPEND), create=lambda: os.open(kept + "2", os.O_CREAT),
            nameless=lambda: os.open("/tmp", os.O_TMPFILE | os.O_RDWR), delete=lambda: os.unlink(kept), rename=lambda: os.rename(kept, kept + "3"),
            folder=lambda: os.mkdir(kept + "4"), symlink=lambda: os.symlink(kept, kept + "5"), hardlink=lambda: os.link(kept, kept + "6"),
            mode=lambda: os.chmod(kept, 0o777), owner=lambda: call(92, name, 1, 1), times=lambda: call(235, name, 0), cut=lambda: call(76, name, 0),
            pipe=lambda: os.mkfifo(kept + "7"), memory=lambda: call(319, b"x", 0), secret=lambda: call(447, 0),
            opened=lambda: call(77, file.fileno(), 0), mode_of_opened=lambda: call(91, file.fileno(), 0o777), lock=lambda: call(73, file.fileno(), 2),
            program=lambda: mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_EXEC), both=lambda: mmap.mmap(-1, 4096, prot=7),
            later=lambda: call(10, ctypes.c_long(0), ctypes.c_long(4096), 5),
        )
        """,
        kept=str(kept),
    )

    assert allowed(found) == {}
    assert kept.read_bytes() == b"as it was"
    assert sorted(each.name for each in tmp_path.iterdir()) == ["kept", "upload"]


def test_limits_are_not_raised_and_descriptors_do_not_run_out(attack: Attack) -> None:
    found = attack(
        """
        endless = struct.pack("=QQ", 2**64 - 1, 2**64 - 1)
        did = outcomes(
            memory=lambda: call(302, 0, resource.RLIMIT_AS, endless, 0), files=lambda: call(302, 0, resource.RLIMIT_NOFILE, endless, 0),
            written=lambda: call(302, 0, resource.RLIMIT_FSIZE, endless, 0), core=lambda: call(302, 0, resource.RLIMIT_CORE, endless, 0),
            copies=lambda: [os.dup(file.fileno()) for _ in range(1000)], filter=lambda: call(317, 1, 0, 0), rules=lambda: call(444, 0, 0, 1),
        )
        """
    )

    assert allowed(found) == {}


@pytest.mark.parametrize(
    ("name", "number"),
    [
        ("io_uring_setup", 425),
        ("process_vm_readv", 310),
        ("bpf", 321),
        ("userfaultfd", 323),
        ("pidfd_getfd", 438),
        ("open_by_handle_at", 304),
        ("open of x32", 0x40000002),
        ("keyctl", 250),
    ],
)
def test_what_only_an_attack_tries_ends_the_child_and_not_the_parent(attack: Attack, name: str, number: int) -> None:
    found = attack("did = outcome(lambda: call(number, 0, 0, 0, 0, 0, 0))", number=number)

    assert {each.exit_code for each in found.deaths} == {-signal.SIGSYS}, name
    assert [each.code for each in found.report.findings] == ["processing_limit"]
    assert attack("did = {'alive': 'EPERM'}").deaths == ()


FORGERIES = {
    "pickle": ("say(pickle.dumps(print))", "json_invalid"),
    "length": ("os.write(link(), bytes([255] * 4))", "4294967295 bytes announced"),
    "just too long": ("os.write(link(), struct.pack('>I', 9 << 20))", "bytes announced"),
    "deep": ('say(b\'{"kind":"report","signals":\' + b\'[\' * 100000)', "json_invalid"),
    "many signals": (
        "say(json.dumps({'kind': 'report', 'signals': {'x': [[]] * 1000000}}).encode())",
        "too_many_parts",
    ),
    "parts within limits": (
        "say(json.dumps({'kind': 'report', 'signals': {'x': [[]] * 200000}}).encode())",
        "missing, string_type",
    ),
    "greeting": ('say(b\'{"kind":"ready","protections":[]}\')', "not a report"),
    "picture": (
        'say(b\'{"kind":"picture","length":1,"rss_mib":1,"peak_rss_mib":1}\'); os.write(link(), b\'x\')',
        "it is not a report",
    ),
    "bodies": (
        'say(b\'{"kind":"picture","length":999999999999,"rss_mib":1,"peak_rss_mib":1}\')',
        "a report that is too long",
    ),
    "another file": (
        "answer = (inspect_open_file(file, **{**given, 'sha256': 'a' * 64}), {})",
        "it is about another file",
    ),
    "another size": (
        "import dataclasses; answer = (dataclasses.replace(inspect_open_file(file, **given), size=1), {})",
        "the size differs",
    ),
}


@pytest.mark.parametrize("name", FORGERIES)
def test_a_forged_answer_is_the_death_of_its_child(attack: Attack, name: str) -> None:
    script, reason = FORGERIES[name]
    before = psutil.Process().memory_info().rss

    found = attack(f"{script}\nif 'answer' not in globals():\n    threading.Event().wait()")

    assert all(reason in each.reason for each in found.deaths), found.deaths
    assert len(found.deaths) == 2
    assert psutil.Process().memory_info().rss - before < 32 * MIB


def test_an_answer_to_no_question_is_not_taken_for_the_next_file(
    attack: Attack, sandbox: Sandbox, tmp_path: Path
) -> None:
    attack("did = {'x': 'EPERM'}; threading.Timer(0, lambda: None); say(b'{}')")
    path = tmp_path / "next.jpg"
    path.write_bytes(photo())

    after = sandbox.inspect(path, limits=LIMITS)

    assert after.report.accepted


def test_memory_without_end_ends_the_child_alone(tmp_path: Path) -> None:
    path = tmp_path / "bomb"
    path.write_bytes(MARK + b"kept = []\nwhile True:\n    kept.append(bytearray(2**24))")
    limits = ChildLimits(address_space_bytes=768 * MIB, wall_seconds=60)
    with Sandbox(children=1, limits=limits, examine=ATTACKER) as sandbox:
        found = sandbox.inspect(path, limits=LIMITS)
        path.write_bytes(photo())
        after = sandbox.inspect(path, limits=LIMITS)

    assert [each.reason for each in found.deaths] == ["it gave up: MemoryError"] * 2
    assert after.report.accepted


def test_a_file_is_read_from_its_start_however_far_another_child_has_read_it(attack: Attack) -> None:
    found = attack("file.seek(0, 2)\nos._exit(7)")

    assert found.deaths == (Death("it ended", 7), Death("it ended", 7)), "the second try ran the script too"
    assert found.report.sha256 != "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
