"""Which protections must be on, and what to do where one is not."""

from collections.abc import Mapping
from typing import Final

REQUIRED: Final = ("no_new_privileges", "landlock", "seccomp")
"""The others come on top where the machine permits them."""

ADVICE: Final[Mapping[str, str]] = {
    "limits": "The kernel refuses a limit on processes: look at the limits of the service or the container.",
    "no_new_privileges": "Let the process call prctl: a filter around it refuses that. Linux has it from 3.5.",
    "landlock": (
        "Run Linux 5.13 or newer with landlock among its security modules (the list lsm= of the kernel's command line), "
        "and a container profile that lets the calls of landlock pass, as Docker's own does from 23.0."
    ),
    "seccomp": (
        "Run a kernel with CONFIG_SECCOMP_FILTER on x86_64 or aarch64, and a container profile that lets the calls of "
        "seccomp pass, as Docker's own does."
    ),
    "network": "It comes on top where the host lets a process make namespaces. Nothing needs to be done.",
}


def lacking(missing: Mapping[str, str]) -> dict[str, str]:
    """Of what is missing, what must be on."""
    return {name: missing[name] for name in REQUIRED if name in missing}


def sentence(missing: Mapping[str, str]) -> str:
    """What this machine lacks, why, and what to do."""
    reasons = "; ".join(f"{name} ({reason}). {ADVICE[name]}" for name, reason in missing.items())
    return f"The sandbox for strangers' files lacks {reasons}"
