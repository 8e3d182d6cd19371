import os
import re
import resource
import sys
from typing import Final

_MIB: Final = 1024 * 1024
_STATUS: Final = 8192
_RESET_PEAK: Final = b"5"
_PEAK: Final = re.compile(rb"VmHWM:\s*(\d+) kB")
_NOW: Final = re.compile(rb"VmRSS:\s*(\d+) kB")


class Memory:
    """Reads the kernel's own count. The files are opened at once, since a child may not open them later."""

    def __init__(self) -> None:
        self._status = _opened("/proc/self/status", os.O_RDONLY)
        self._clear = _opened("/proc/self/clear_refs", os.O_WRONLY)

    @property
    def descriptors(self) -> list[int]:
        """Of the files that must stay open."""
        return [each for each in (self._status, self._clear) if each is not None]

    def begin(self) -> None:
        """Count the peak anew from here, where the kernel allows that; else it stays the process's."""
        if self._clear is not None:
            os.pwrite(self._clear, _RESET_PEAK, 0)

    def measure(self) -> tuple[float, float]:
        """The peak since `begin` and what it has now, in MiB."""
        status = os.pread(self._status, _STATUS, 0) if self._status is not None else b""
        peak, now = _PEAK.search(status), _NOW.search(status)
        if peak is None or now is None:
            largest = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
            return largest / _MIB, largest / _MIB
        return int(peak[1]) / 1024, int(now[1]) / 1024


def _opened(path: str, flags: int) -> int | None:
    try:
        return os.open(path, flags | os.O_CLOEXEC)
    except OSError:
        return None
