"""The filter on system calls, run here step by step as the kernel would run it, for both architectures."""

import errno
import os
import struct

import pytest

from pipeline.inspection.confinement.seccomp import assemble
from pipeline.inspection.confinement.syscalls import CALLS, NEWEST

PID = 4321
ALLOWED = "allowed"
KILLED = "killed"
X86 = {
    "read": 0,
    "open": 2,
    "socket": 41,
    "clone": 56,
    "fork": 57,
    "kill": 62,
    "execve": 59,
    "openat": 257,
    "tgkill": 234,
    "mmap": 9,
    "mprotect": 10,
    "fcntl": 72,
    "ioctl": 16,
    "prlimit": 302,
}
ARM = {
    "read": 63,
    "socket": 198,
    "clone": 220,
    "kill": 129,
    "execve": 221,
    "openat": 56,
    "tgkill": 131,
    "mmap": 222,
    "mprotect": 226,
    "fcntl": 25,
    "ioctl": 29,
    "prlimit": 261,
}
OTHERS = {
    "ptrace": (101, 117),
    "socketpair": (53, 199),
    "pipe": (293, 59),
    "memfd": (319, 279),
    "mkdir": (258, 34),
    "dup": (292, 24),
    "unshare": (272, 97),
    "seccomp": (317, 277),
}


def outcome(
    machine: str,
    number: int,
    *arguments: int,
    architecture: int | None = None,
    may_open: bool = False,
    may_run: bool = False,
) -> str:
    """What becomes of this call: allowed, killed, or the name of an error."""
    calls = CALLS[machine]
    seen = struct.pack("=iIQ6Q", number, architecture or calls.architecture, 0, *arguments, *[0] * (6 - len(arguments)))
    steps = list(struct.iter_unpack("=HBBI", assemble(calls, pid=PID, may_open=may_open, may_run=may_run)))
    at, held = 0, 0
    while True:
        code, yes, no, value = steps[at]
        at += 1
        if code == 0x20:
            (held,) = struct.unpack_from("=I", seen, value)
        elif code == 0x06:
            return _named(value)
        else:
            holds = {0x15: held == value, 0x35: held >= value, 0x45: bool(held & value)}[code]
            at += yes if holds else no


def _named(value: int) -> str:
    if value & 0xFFFF0000 == 0x00050000:
        return errno.errorcode[value & 0xFFFF]
    return {0x7FFF0000: ALLOWED, 0x80000000: KILLED}[value]


@pytest.mark.parametrize(("machine", "names"), [("x86_64", X86), ("aarch64", ARM)], ids=["x86_64", "aarch64"])
class TestEachArchitecture:
    def test_reading_is_allowed(self, machine: str, names: dict[str, int]) -> None:
        assert outcome(machine, names["read"]) == ALLOWED
        assert outcome(machine, names["openat"], 0, 0, os.O_RDONLY | os.O_CLOEXEC, may_open=True) == ALLOWED

    def test_a_file_is_opened_only_where_there_are_rules_for_files(self, machine: str, names: dict[str, int]) -> None:
        assert outcome(machine, names["openat"], 0, 0, os.O_RDONLY) == "EPERM"

    @pytest.mark.parametrize(
        "flag", [os.O_WRONLY, os.O_RDWR, os.O_CREAT, os.O_TRUNC, os.O_APPEND, os.O_TMPFILE, os.O_PATH]
    )
    def test_opening_for_anything_else_is_refused(self, machine: str, names: dict[str, int], flag: int) -> None:
        assert outcome(machine, names["openat"], 0, 0, flag, may_open=True) == "EPERM"

    @pytest.mark.parametrize("name", ["socket", "execve"])
    def test_network_and_programs_are_refused(self, machine: str, names: dict[str, int], name: str) -> None:
        assert outcome(machine, names[name]) == "EPERM"

    def test_a_new_thread_is_allowed_and_a_new_process_refused(self, machine: str, names: dict[str, int]) -> None:
        assert outcome(machine, names["clone"], 0x003D0F00) == ALLOWED
        assert outcome(machine, names["clone"], 0x01200011) == "EPERM"
        assert outcome(machine, 435) == "ENOSYS"

    @pytest.mark.parametrize("name", ["kill", "tgkill"])
    def test_a_child_may_end_only_itself(self, machine: str, names: dict[str, int], name: str) -> None:
        assert outcome(machine, names[name], PID) == ALLOWED
        assert outcome(machine, names[name], PID - 1) == "EPERM"
        assert outcome(machine, names[name], 0) == "EPERM"
        assert outcome(machine, names[name], 2**64 - 1) == "EPERM"

    def test_what_is_on_no_list_is_refused(self, machine: str, names: dict[str, int]) -> None:
        calls = CALLS[machine]
        judged = {calls.clone, calls.prlimit, calls.fcntl, calls.ioctl, *calls.opens, *calls.signals, *calls.protects}
        listed = calls.allowed | calls.ended | calls.unknown | judged

        assert names["socket"] not in listed
        assert {outcome(machine, number) for number in set(range(NEWEST + 1)) - listed} == {"EPERM"}

    def test_the_numbers_of_x32_end_the_child(self, machine: str, names: dict[str, int]) -> None:
        assert outcome(machine, 0x40000000 | names["read"]) == KILLED

    @pytest.mark.parametrize("flag", [0x00020000, 0x02000000, 0x10000000, 0x40000000, 0x4000, 0x2000])
    def test_a_thread_gets_no_namespace_and_no_tracer(self, machine: str, names: dict[str, int], flag: int) -> None:
        assert outcome(machine, names["clone"], 0x003D0F00 | flag) == "EPERM"

    def test_memory_is_never_made_a_program(self, machine: str, names: dict[str, int]) -> None:
        assert outcome(machine, names["mmap"], 0, 4096, 3) == ALLOWED
        assert outcome(machine, names["mmap"], 0, 4096, 5) == "EPERM"
        assert outcome(machine, names["mprotect"], 0, 4096, 7) == "EPERM"

    def test_a_descriptor_gets_no_owner_for_signals(self, machine: str, names: dict[str, int]) -> None:
        assert outcome(machine, names["fcntl"], 3, 1) == ALLOWED
        assert outcome(machine, names["fcntl"], 3, 8) == "EPERM"
        assert outcome(machine, names["ioctl"], 3, 0x8901) == "ENOTTY"

    def test_limits_are_our_own_only(self, machine: str, names: dict[str, int]) -> None:
        assert outcome(machine, names["prlimit"], 0) == ALLOWED
        assert outcome(machine, names["prlimit"], PID) == "EPERM"

    def test_a_program_is_run_only_where_that_is_what_it_is_for(self, machine: str, names: dict[str, int]) -> None:
        assert outcome(machine, names["execve"], may_run=True) == ALLOWED
        assert outcome(machine, names["mmap"], 0, 4096, 5, may_run=True) == ALLOWED
        assert outcome(machine, names["socket"], may_run=True) == "EPERM"
        assert outcome(machine, names["clone"], 0x01200011, may_run=True) == "EPERM"

    def test_a_call_in_another_architectures_numbers_ends_the_child(self, machine: str, names: dict[str, int]) -> None:
        assert outcome(machine, names["read"], architecture=0x40000003) == KILLED


def test_the_old_ways_to_open_and_fork_are_watched_too() -> None:
    assert outcome("x86_64", X86["open"], 0, os.O_RDONLY, may_open=True) == ALLOWED
    assert outcome("x86_64", X86["open"], 0, os.O_WRONLY, may_open=True) == "EPERM"
    assert outcome("x86_64", X86["fork"]) == "EPERM"


@pytest.mark.parametrize("name", OTHERS)
@pytest.mark.parametrize(("machine", "column"), [("x86_64", 0), ("aarch64", 1)])
def test_what_is_not_needed_is_refused(machine: str, column: int, name: str) -> None:
    assert outcome(machine, OTHERS[name][column]) == "EPERM"


@pytest.mark.parametrize("machine", CALLS)
@pytest.mark.parametrize("number", [425, 426, 427, 428, 429, 438])
def test_what_only_an_attack_tries_ends_the_child(machine: str, number: int) -> None:
    assert outcome(machine, number) == KILLED


@pytest.mark.parametrize("machine", CALLS)
def test_what_came_after_this_table_is_refused(machine: str) -> None:
    assert outcome(machine, NEWEST + 1) == "ENOSYS"
