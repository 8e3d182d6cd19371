"""Confines a process, step by step, the tightest last. What the system does not have is left out, and named with the reason."""

import math
import os
import resource
import signal
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final, Protocol

from pipeline.inspection.confinement import landlock, libc, seccomp

PROTECTIONS: Final = ("limits", "no_new_privileges", "landlock", "seccomp", "network")
"""Limits of the kernel on each child; no rights to be gained; no file to open; few system calls; no network at all."""

_NEW_NETWORK: Final = 0x40000000
_NEW_USER: Final = 0x10000000
_STANDARD: Final = 2


class Limits(Protocol):
    """What the kernel is to hold a process to: sizes in bytes, and numbers."""

    @property
    def address_space_bytes(self) -> int: ...  # noqa: D102  # the name says it
    @property
    def open_files(self) -> int: ...  # noqa: D102
    @property
    def tasks(self) -> int: ...  # noqa: D102
    @property
    def file_bytes(self) -> int: ...  # noqa: D102


@dataclass(frozen=True, slots=True)
class Profile:
    """The files that a confined process may read, and those that it may run in its place. Folders are not listed."""

    readable: Sequence[Path] = ()
    runnable: Sequence[Path] = ()


DECODER: Final = Profile()
"""A decoder opens nothing: what it reads is open or in memory, its fonts too."""

Missing = Mapping[str, str]
"""The protections that are not on, each with the reason."""


def leave_network() -> str:
    """Move this process to a network of its own that leads nowhere; the reason where that is not permitted, else ""."""
    reason = ""
    for flags in (_NEW_NETWORK, _NEW_NETWORK | _NEW_USER):
        try:
            libc.unshare(flags)
        except OSError as error:
            reason = _words(error)
        else:
            return ""
    return reason


def tie_to(parent: int) -> None:
    """End with the parent, however it ends."""
    with suppress(OSError):
        libc.die_with_parent(signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)


def keep_open(kept: Iterable[int]) -> None:
    """Close every other descriptor but the three standard ones, whoever opened it."""
    after = _STANDARD + 1
    for each in sorted({*kept, os.sysconf("SC_OPEN_MAX")}):
        os.closerange(after, each)
        after = each + 1


def confine(limits: Limits, profile: Profile = DECODER) -> Missing:
    """Give up what a process does not need. There is no way back."""
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000", encoding="ascii")  # rather this one than the worker
    missing: dict[str, str] = {}
    _take("limits", partial(_limit, limits), missing)
    with suppress(OSError):
        libc.drop_capabilities()
    _take("no_new_privileges", libc.renounce_privileges, missing)
    _take("landlock", partial(landlock.install, readable=profile.readable, runnable=profile.runnable), missing)
    # Without Landlock nothing would say which file is opened, so then none is.
    may_open = "landlock" not in missing and any(each.exists() for each in profile.readable)
    _take("seccomp", partial(seccomp.install, may_open=may_open, may_run=bool(profile.runnable)), missing)
    return missing


def allow_processor_time(seconds: int) -> None:
    """Let this process use so many seconds more than it has used so far; then the kernel ends it."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (math.ceil(used.ru_utime + used.ru_stime) + seconds, hard))


def _take(name: str, step: Callable[[], None], missing: dict[str, str]) -> None:
    try:
        step()
    except OSError as error:
        missing[name] = _words(error)
    except KeyError as error:
        missing[name] = f"there is no list of system calls for {error}"


def _limit(limits: Limits) -> None:
    for what, most in (
        (resource.RLIMIT_AS, limits.address_space_bytes),
        (resource.RLIMIT_NOFILE, limits.open_files),
        (resource.RLIMIT_NPROC, limits.tasks),
        (resource.RLIMIT_FSIZE, limits.file_bytes),
        (resource.RLIMIT_CORE, 0),
    ):
        _, hard = resource.getrlimit(what)
        value = most if hard == resource.RLIM_INFINITY else min(most, hard)
        try:
            resource.setrlimit(what, (value, value))
        except ValueError as error:
            raise OSError(None, str(error)) from error


def _words(error: OSError) -> str:
    return error.strerror or str(error)
