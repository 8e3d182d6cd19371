import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from signal import SIGINT
from typing import Final

from cli.embedded.errors import EmbeddedError
from cli.embedded.tether import tether

NOBODY: Final = 65_534
PROBE: Final = 'test -w "$1" && exec "$2" --show -D "$1/unused"'


@dataclass(frozen=True)
class Identity:
    """As whom PostgreSQL runs. `prefix` is the command that changes to that user; empty when we are that user."""

    uid: int
    gid: int
    prefix: tuple[str, ...] = ()

    def wrap(self, command: list[str]) -> list[str]:
        """Return the command as this user, interrupted when the thread that started it ends."""
        return [*self.prefix, *command] if self.prefix else tether(command, SIGINT)

    def own(self, path: Path) -> None:
        """Give `path` to this user."""
        if self.prefix:
            os.chown(path, self.uid, self.gid)


def postgres_identity(home: Path, folder: Path, binary: Path) -> Identity:
    """Who runs PostgreSQL on `folder`, which is beneath `home`.

    PostgreSQL refuses to run as root. Then it runs as the owner of its data, else of the project's folder around the home,
    else as nobody. It keeps one capability, CAP_DAC_OVERRIDE: home and wheels may lie beneath folders that only root may
    enter, and no folder's rights are changed for it. PostgreSQL asks access(2) for its own programs, which leaves capabilities
    out for all but root unless `no_setuid_fixup` is set. Raises EmbeddedError, in words, where that does not work.
    """
    if os.geteuid() != 0:
        return Identity(os.geteuid(), os.getegid())
    uid, gid = _owner(folder / "data", home.parent)
    identity = Identity(uid, gid, _prefix(uid, gid))
    identity.own(folder)
    _try_out(identity, folder, binary)
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


def _try_out(identity: Identity, folder: Path, binary: Path) -> None:
    command = [*identity.prefix, "/bin/sh", "-c", PROBE, "sh", str(folder), str(binary)]
    try:
        subprocess.run(command, check=True, capture_output=True, text=True, timeout=10)  # noqa: S603 the command is ours
    except (subprocess.SubprocessError, OSError) as error:
        detail = (getattr(error, "stderr", None) or str(error)).strip()
        raise _refusal(f"starting it as user {identity.uid} did not work: {detail}") from error


def _refusal(reason: str) -> EmbeddedError:
    return EmbeddedError(
        f"PostgreSQL refuses to run as root, and {reason}. "
        "Start Proofdesk as an ordinary user, install setpriv (package util-linux), or set PROOFDESK_DATABASE_URL.",
    )
