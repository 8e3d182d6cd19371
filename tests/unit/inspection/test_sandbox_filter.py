"""The filter on system calls, run here step by step as the kernel would run it, for both architectures."""

import errno
import os
import struct

import pytest

from pipeline.inspection.sandbox.seccomp import assemble
from pipeline.inspection.sandbox.syscalls import CALLS, NEWEST

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
}
ARM = {"read": 63, "socket": 198, "clone": 220, "kill": 129, "execve": 221, "openat": 56, "tgkill": 131}


def outcome(machine: str, number: int, *arguments: int, architecture: int | None = None) -> str:
    """What becomes of this call: allowed, killed, or the name of an error."""
    calls = CALLS[machine]
    seen = struct.pack("=iIQ6Q", number, architecture or calls.architecture, 0, *arguments, *[0] * (6 - len(arguments)))
    steps = list(struct.iter_unpack("=HBBI", assemble(calls, pid=PID)))
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
        assert outcome(machine, names["openat"], 0, 0, os.O_RDONLY | os.O_CLOEXEC | os.O_DIRECTORY) == ALLOWED

    @pytest.mark.parametrize("flag", [os.O_WRONLY, os.O_RDWR, os.O_CREAT, os.O_TRUNC, os.O_APPEND, os.O_TMPFILE])
    def test_opening_for_anything_else_is_refused(self, machine: str, names: dict[str, int], flag: int) -> None:
        assert outcome(machine, names["openat"], 0, 0, flag) == "EPERM"

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

    def test_what_came_after_this_table_is_refused(self, machine: str, names: dict[str, int]) -> None:
        assert outcome(machine, NEWEST + 1) == "ENOSYS"
        assert outcome(machine, 0x40000000 | names["read"]) == "ENOSYS"

    def test_a_call_in_another_architectures_numbers_ends_the_child(self, machine: str, names: dict[str, int]) -> None:
        assert outcome(machine, names["read"], architecture=0x40000003) == KILLED


def test_the_old_ways_to_open_and_fork_are_watched_too() -> None:
    assert outcome("x86_64", X86["open"], 0, os.O_RDONLY) == ALLOWED
    assert outcome("x86_64", X86["open"], 0, os.O_WRONLY) == "EPERM"
    assert outcome("x86_64", X86["fork"]) == "EPERM"
