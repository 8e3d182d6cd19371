import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from signal import SIGINT
from typing import Final

from cli.embedded import EmbeddedError
from cli.embedded.tether import tether

NOBODY: Final = 65_534
PROBE: Final = 'test -w "$1" && exec "$2" --show -D "$1/unused"'


@dataclass(frozen=True)
class Identity:
    """The user and group of PostgreSQL. `prefix` is the command that changes to that user; empty when we are that user."""

    uid: int
    gid: int
    prefix: tuple[str, ...] = ()

    def wrap(self, command: list[str]) -> list[str]:
        """The command as this user, interrupted when the thread that started it ends."""
        return [*self.prefix, *command] if self.prefix else tether(command, SIGINT)

    def own(self, path: Path) -> None:
        """Make this user the owner of `path`."""
        if self.prefix:
            os.chown(path, self.uid, self.gid)


def postgres_identity(home: Path, folder: Path, binary: Path) -> Identity:
    """The identity that runs PostgreSQL on `folder`, which is beneath `home`.

    PostgreSQL refuses to run as root. Root therefore starts it as the owner of its data, else of the project's folder around the
    home, else as nobody. It keeps one capability, CAP_DAC_OVERRIDE, since home and wheels may lie beneath folders that only root may
    enter; no folder's rights change. PostgreSQL checks its own programs with access(2), which ignores the capabilities of ordinary
    users unless `no_setuid_fixup` is set. Raises EmbeddedError where this does not work.
    """
    if os.geteuid() != 0:
        return Identity(os.geteuid(), os.getegid())
    uid, gid = _owner(folder / "data", home.parent)
    identity = Identity(uid, gid, _prefix(uid, gid))
    identity.own(folder)
    _check(identity, folder, binary)
    return identity


def _owner(*places: Path) -> tuple[int, int]:
    for place in places:
        if place.exists() and place.stat().st_uid != 0:
            return place.stat().st_uid, place.stat().st_gid
    try:
        nobody = pwd.getpwnam("nobody")
    except KeyError:
        return NOBODY, NOBODY
    return nobody.pw_uid, nobody.pw_gid


def _prefix(uid: int, gid: int) -> tuple[str, ...]:
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        raise _refusal("the program setpriv, which starts it as another user, is not installed")
    user = ("--securebits=+no_setuid_fixup", f"--reuid={uid}", f"--regid={gid}", "--clear-groups")
    capability = ("--inh-caps=-all,+dac_override", "--ambient-caps=-all,+dac_override", "--no-new-privs")
    return (setpriv, *user, *capability, "--pdeathsig=INT", "--")


def _check(identity: Identity, folder: Path, binary: Path) -> None:
    command = [*identity.prefix, "/bin/sh", "-c", PROBE, "sh", str(folder), str(binary)]
    try:
        subprocess.run(command, check=True, capture_output=True, text=True, timeout=10)  # noqa: S603 the command is ours
    except (subprocess.SubprocessError, OSError) as error:
        detail = (getattr(error, "stderr", None) or str(error)).strip()
        raise _refusal(f"it could not be started as user {identity.uid}: {detail}") from error


def _refusal(reason: str) -> EmbeddedError:
    return EmbeddedError(
        f"PostgreSQL refuses to run as root, and {reason}. "
        "Start Proofdesk as an ordinary user, install setpriv (package util-linux), or set PROOFDESK_DATABASE_URL.",
    )
