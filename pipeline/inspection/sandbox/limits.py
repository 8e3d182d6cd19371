"""What one file may cost: the numbers that the kernel and the parent hold a child to."""

from dataclasses import dataclass
from typing import Final

_MIB: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Limits:
    """Sizes in bytes, times in seconds; `wall_seconds` is for a file as a whole, its second try included.

    `tasks` counts all processes and threads of the user, as the kernel does: it only stops a flood, the exact refusal of
    new processes is seccomp's. A child is replaced after `files_per_child` files, or when it keeps more than
    `rss_per_child` after one.
    """

    address_space_bytes: int = 2048 * _MIB
    cpu_seconds: int = 10
    wall_seconds: float = 10.0
    open_files: int = 64
    file_bytes: int = 0
    tasks: int = 4096
    header_bytes: int = 16 * _MIB
    renditions_bytes: int = 128 * _MIB
    files_per_child: int = 100
    rss_per_child: int = 256 * _MIB
