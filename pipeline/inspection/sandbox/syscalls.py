"""Numbers of the system calls that a child is refused, from the kernel's tables for x86_64 and aarch64.

The kernel's numbers never change. From 424 on they are the same for both, and what came after `NEWEST` is refused unseen.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

NEWEST: Final = 450

# A library does without these calls where the kernel does not know them.
_UNKNOWN: Final = {"clone3": 435, "openat2": 437}

_BOTH: Final = {
    "pidfd_send_signal": 424,
    "io_uring_setup": 425,
    "io_uring_enter": 426,
    "io_uring_register": 427,
    "open_tree": 428,
    "move_mount": 429,
    "fsopen": 430,
    "fsconfig": 431,
    "fsmount": 432,
    "fspick": 433,
    "pidfd_open": 434,
    "pidfd_getfd": 438,
    "process_madvise": 440,
    "mount_setattr": 442,
    "quotactl_fd": 443,
    "landlock_create_ruleset": 444,
    "landlock_add_rule": 445,
    "landlock_restrict_self": 446,
    "memfd_secret": 447,
    "process_mrelease": 448,
}

_TABLE: Final = """
accept 43 202            accept4 288 242          acct 163 89              add_key 248 217
adjtimex 159 171         bind 49 200              bpf 321 280              capset 126 91
chmod 90 -               chown 92 -               chroot 161 51            clock_adjtime 305 266
clock_settime 227 112    connect 42 203           copy_file_range 326 285  creat 85 -
delete_module 176 106    execve 59 221            execveat 322 281         fallocate 285 47
fanotify_init 300 262    fchmod 91 52             fchmodat 268 53          fchown 93 55
fchownat 260 54          finit_module 313 273     fork 57 -                fremovexattr 199 16
fsetxattr 190 7          ftruncate 77 46          futimesat 261 -          init_module 175 105
inotify_init 253 -       inotify_init1 294 26     ioperm 173 -             iopl 172 -
ioprio_set 251 30        kcmp 312 272             kexec_file_load 320 294  kexec_load 246 104
keyctl 250 219           lchown 94 -              link 86 -                linkat 265 37
listen 50 201            lookup_dcookie 212 18    lremovexattr 198 15      lsetxattr 189 6
memfd_create 319 279     migrate_pages 256 238    mkdir 83 -               mkdirat 258 34
mknod 133 -              mknodat 259 33           modify_ldt 154 -         mount 165 40
move_pages 279 239       mq_open 240 180          msgget 68 186            name_to_handle_at 303 264
nfsservctl 180 42        open_by_handle_at 304 265 perf_event_open 298 241 personality 135 92
pivot_root 155 41        process_vm_readv 310 270 process_vm_writev 311 271 ptrace 101 117
quotactl 179 60          reboot 169 142           recvmsg 47 212           removexattr 197 14
rename 82 -              renameat 264 38          renameat2 316 276        request_key 249 218
rmdir 84 -               rt_sigqueueinfo 129 138  rt_tgsigqueueinfo 297 240 sched_setattr 314 274
sched_setscheduler 144 119 semget 64 190          sendmmsg 307 269         sendmsg 46 211
setdomainname 171 162    setfsgid 123 152         setfsuid 122 151         setgid 106 144
setgroups 116 159        sethostname 170 161      setns 308 268            setpgid 109 154
setpriority 141 140      setregid 114 143         setresgid 119 149        setresuid 117 147
setreuid 113 145         setsid 112 157           settimeofday 164 170     setuid 105 146
setxattr 188 5           shmget 29 194            socket 41 198            socketpair 53 199
swapoff 168 225          swapon 167 224           symlink 88 -             symlinkat 266 36
syslog 103 116           tkill 200 130            truncate 76 45           umount2 166 39
unlink 87 -              unlinkat 263 35          unshare 272 97           userfaultfd 323 282
uselib 134 -             utime 132 -              utimensat 280 88         utimes 235 -
vfork 58 -               vhangup 153 58
"""


@dataclass(frozen=True, slots=True)
class Calls:
    """One architecture: its name for the kernel, the calls refused outright, and those judged by an argument.

    `opens` maps a call to the position of its flags. `signals` and `prlimit` name a process in their first argument.
    """

    architecture: int
    refused: frozenset[int]
    clone: int
    opens: Mapping[int, int]
    signals: tuple[int, ...]
    prlimit: int
    unknown: tuple[int, ...] = tuple(_UNKNOWN.values())


def _column(index: int) -> frozenset[int]:
    words = _TABLE.split()
    numbers = words[index::3]
    return frozenset(int(each) for each in numbers if each != "-") | frozenset(_BOTH.values())


CALLS: Final[Mapping[str, Calls]] = {
    "x86_64": Calls(0xC000003E, _column(1), 56, {2: 1, 257: 2}, (62, 234), 302),
    "aarch64": Calls(0xC00000B7, _column(2), 220, {56: 2}, (129, 131), 261),
}
