"""Which of the protections that must be on this kernel has, asked without giving anything up."""

from collections.abc import Callable, Mapping
from errno import EFAULT
from typing import Final

from pipeline.inspection.confinement import libc

_LANDLOCK: Final = 444
_VERSION: Final = 1
_GET_NO_NEW_PRIVILEGES: Final = 39
_SET_SECCOMP: Final = 22
_FILTER: Final = 2


def unavailable() -> Mapping[str, str]:
    """Of `advice.REQUIRED` those that are not to be had here, each with the reason."""
    found = {name: _reason(ask) for name, ask in _QUESTIONS.items()}
    return {name: reason for name, reason in found.items() if reason}


def _filters() -> None:
    """A filter at no address is bad where there are filters, and unknown where there are none."""
    try:
        libc.prctl(_SET_SECCOMP, _FILTER, 0)
    except OSError as error:
        if error.errno != EFAULT:
            raise


_QUESTIONS: Final[Mapping[str, Callable[[], object]]] = {
    "no_new_privileges": lambda: libc.prctl(_GET_NO_NEW_PRIVILEGES),
    "landlock": lambda: libc.syscall(_LANDLOCK, None, 0, _VERSION),
    "seccomp": _filters,
}


def _reason(ask: Callable[[], object]) -> str:
    try:
        ask()
    except OSError as error:
        return error.strerror or str(error)
    return ""
