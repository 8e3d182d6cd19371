"""By which credential the present request acts, for the history. The web process says it for each request; a task has none."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class CredentialKind(StrEnum):
    """A browser's session at the console, an API key, a member's session, or a command at a terminal."""

    SESSION = "session"
    KEY = "key"
    MEMBER_SESSION = "member_session"
    COMMAND = "command"


@dataclass(frozen=True, slots=True)
class Credential:
    """What was presented: its kind, and its id, which is no secret."""

    kind: CredentialKind
    id: str

    def shown(self) -> dict[str, str]:
        """As the history keeps it."""
        return {"kind": str(self.kind), "id": self.id}


_PRESENT: Final[ContextVar[Credential | None]] = ContextVar("credential", default=None)


def present() -> Credential | None:
    """The credential of the present request; None in a task, and in a command that acts for nobody."""
    return _PRESENT.get()


def act_by(credential: Credential) -> None:
    """Everything that follows in this request is done by this credential."""
    _PRESENT.set(credential)


@contextmanager
def acting_by(credential: Credential | None) -> Iterator[None]:
    """Everything within the block is done by this credential."""
    before = _PRESENT.set(credential)
    try:
        yield
    finally:
        _PRESENT.reset(before)
