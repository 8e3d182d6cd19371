"""The system calls that a confined process may make, by their numbers on x86_64 and aarch64.

It is a list of what is allowed. A call that is not on it is refused with EPERM, so that a library which tries goes on; one that is
newer than `NEWEST` with ENOSYS, as by an older kernel. The kernel's numbers never change; from 424 on both have the same.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

NEWEST: Final = 450

_ALLOWED: Final = """
read 0 63              write 1 64             close 3 57             lseek 8 62
pread64 17 67          pwrite64 18 68         readv 19 65            writev 20 66
munmap 11 215          mremap 25 216          brk 12 214             madvise 28 233
futex 202 98           set_robust_list 273 99 rseq 334 293           sched_yield 24 124
sched_getaffinity 204 123                     rt_sigaction 13 134    rt_sigprocmask 14 135
rt_sigreturn 15 139    sigaltstack 131 132    restart_syscall 219 128
clock_gettime 228 113  clock_getres 229 114   clock_nanosleep 230 115 nanosleep 35 101
gettimeofday 96 169    time 201 -             times 100 153          getrusage 98 165
getrandom 318 278      getpid 39 172          getppid 110 173        gettid 186 178
getuid 102 174         geteuid 107 175        getgid 104 176         getegid 108 177
getcpu 309 168         sysinfo 99 179         uname 63 160           exit 60 93
exit_group 231 94      sendto 44 206          recvfrom 45 207        recvmsg 47 212
getcwd 79 17
"""
"""Memory, time, threads, and what is open already: the link to the parent, and the file that came over it."""

_FOR_A_PROGRAM: Final = """
execve 59 221          arch_prctl 158 -       set_tid_address 218 96 access 21 -
faccessat 269 48       stat 4 -               fstat 5 80             lstat 6 -
newfstatat 262 79      statx 332 291          readlink 89 -          readlinkat 267 78
dup 32 23              fadvise64 221 223      membarrier 324 283
"""
"""What a program needs beside these until it runs."""

_NEVER_IN_GOOD_FAITH: Final = """
add_key 248 217        bpf 321 280            delete_module 176 106  fanotify_init 300 262
finit_module 313 273   fsconfig 431 431       fsmount 432 432        fsopen 430 430
init_module 175 105    io_uring_enter 426 426 io_uring_register 427 427 io_uring_setup 425 425
kexec_file_load 320 294 kexec_load 246 104    keyctl 250 219         mount 165 40
move_mount 429 429     open_by_handle_at 304 265 open_tree 428 428   perf_event_open 298 241
pidfd_getfd 438 438    pivot_root 155 41      process_vm_readv 310 270 process_vm_writev 311 271
request_key 249 218    setns 308 268          umount2 166 39         userfaultfd 323 282
"""
"""No decoder tries these: a process that does is attacking the kernel or its neighbours, and is ended."""

_UNKNOWN: Final = "clone3 435 435 openat2 437 437 faccessat2 439 439"
"""A library does without these where the kernel does not know them."""


@dataclass(frozen=True, slots=True)
class Calls:
    """One architecture: its name for the kernel, and what is done with a call.

    `allowed` always; `program` too where a program is to be run; `ended` ends the process; `unknown` is answered as if the kernel
    did not know it. The rest are judged by an argument: `opens` maps a call to the position of its flags, `signals` and `prlimit`
    name a process in their first argument, `protects` have a protection of memory in their third.
    """

    architecture: int
    allowed: frozenset[int]
    program: frozenset[int]
    ended: frozenset[int]
    unknown: frozenset[int]
    clone: int
    opens: Mapping[int, int]
    signals: tuple[int, ...]
    prlimit: int
    protects: tuple[int, ...]
    fcntl: int
    ioctl: int


def _column(table: str, index: int) -> frozenset[int]:
    words = table.split()
    return frozenset(int(each) for each in words[index::3] if each != "-")


def _columns(index: int) -> tuple[frozenset[int], frozenset[int], frozenset[int], frozenset[int]]:
    allowed, program = _column(_ALLOWED, index), _column(_FOR_A_PROGRAM, index)
    return allowed, program, _column(_NEVER_IN_GOOD_FAITH, index), _column(_UNKNOWN, index)


CALLS: Final[Mapping[str, Calls]] = {
    "x86_64": Calls(0xC000003E, *_columns(1), 56, {2: 1, 257: 2}, (62, 234), 302, (9, 10), 72, 16),
    "aarch64": Calls(0xC00000B7, *_columns(2), 220, {56: 2}, (129, 131), 261, (222, 226), 25, 29),
}
