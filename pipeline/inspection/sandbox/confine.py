"""Confines a child, step by step, the tightest last. What the system does not have is left out, and not named."""

import math
import os
import resource
import signal
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final

from pipeline.inspection.sandbox import landlock, libc, seccomp
from pipeline.inspection.sandbox.request import ChildLimits

PROTECTIONS: Final = ("limits", "network", "landlock", "seccomp")
"""Limits of the kernel on each child; no network at all; little to read; few system calls."""

_NEW_NETWORK: Final = 0x40000000
_NEW_USER: Final = 0x10000000


def leave_network() -> bool:
    """Move this process to a network of its own that leads nowhere, and say whether that was permitted."""
    for flags in (_NEW_NETWORK, _NEW_NETWORK | _NEW_USER):
        with suppress(OSError):
            libc.unshare(flags)
            return True
    return False


def tie_to(parent: int) -> None:
    """End with the parent, however it ends."""
    with suppress(OSError):
        libc.die_with_parent(signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)


def confine(limits: ChildLimits) -> list[str]:
    """Give up what a child does not need, and name what is on. There is no way back."""
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000", encoding="ascii")  # rather this one than the worker
    _limit(limits)
    steps: dict[str, Callable[[], None]] = {"landlock": landlock.install, "seccomp": seccomp.install}
    return ["limits", *(name for name, step in steps.items() if _succeeds(step))]


def allow_processor_time(seconds: int) -> None:
    """Let this process use so many seconds more than it has used so far; then the kernel ends it."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (math.ceil(used.ru_utime + used.ru_stime) + seconds, hard))


def _limit(limits: ChildLimits) -> None:
    for what, most in (
        (resource.RLIMIT_AS, limits.address_space_bytes),
        (resource.RLIMIT_NOFILE, limits.open_files),
        (resource.RLIMIT_NPROC, limits.tasks),
        (resource.RLIMIT_FSIZE, limits.file_bytes),
        (resource.RLIMIT_CORE, 0),
    ):
        _, hard = resource.getrlimit(what)
        value = most if hard == resource.RLIM_INFINITY else min(most, hard)
        with suppress(OSError, ValueError):
            resource.setrlimit(what, (value, value))


def _succeeds(step: Callable[[], None]) -> bool:
    try:
        libc.renounce_privileges()
        step()
    except (OSError, KeyError):
        return False
    return True
