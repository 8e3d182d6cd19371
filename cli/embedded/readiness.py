import threading
import time
from collections.abc import Callable
from typing import Final

import psutil

from cli.embedded.child import Child, manner_of_death
from cli.embedded.errors import AbortedError, AddressInUseError, EmbeddedError
from cli.embedded.probes import NOT_READY

GLANCE: Final = 0.02


def await_answer(
    child: Child, ask: Callable[[], None], *, port: int, seconds: float, aborting: threading.Event
) -> None:
    """Return when the child itself listens on the port and answers.

    Raises AddressInUseError when it ended because the port was taken, AbortedError when the start is given up, else
    EmbeddedError with the end of its log.
    """
    deadline = time.monotonic() + seconds
    reason = "it does not listen yet"
    while time.monotonic() < deadline:
        pid = child.pid
        if pid is None:
            raise death(child)
        if listens(pid, port):
            try:
                return ask()
            except NOT_READY as error:
                reason = str(error).strip() or type(error).__name__
        glance(aborting)
    raise EmbeddedError(told(child, f"{child.spec.name} did not answer within {seconds:g} seconds ({reason})"))


def await_end(child: Child, *, seconds: float, aborting: threading.Event) -> None:
    """Return when a child that runs to its end has done so. Raises EmbeddedError with the end of its log if it failed."""
    deadline = time.monotonic() + seconds
    while child.exit_code is None:
        if time.monotonic() > deadline:
            raise EmbeddedError(told(child, f"{child.spec.name} did not finish within {seconds:g} seconds"))
        glance(aborting)
    if child.exit_code != 0:
        raise death(child)


def glance(aborting: threading.Event) -> None:
    """Wait a moment. Raises AbortedError when the start is given up."""
    if aborting.wait(GLANCE):
        raise AbortedError("The start was given up.")


def listens(pid: int, port: int) -> bool:
    """Whether the process or one of its descendants listens there, and not a stranger; True where the system won't say."""
    try:
        process = psutil.Process(pid)
        return any(_listens(each, port) for each in (process, *process.children(recursive=True)))
    except psutil.AccessDenied:
        return True
    except psutil.Error:
        return False


def _listens(process: psutil.Process, port: int) -> bool:
    found = process.net_connections(kind="tcp")
    return any(each.status == psutil.CONN_LISTEN and each.laddr and each.laddr.port == port for each in found)


def death(child: Child) -> EmbeddedError:
    """Why the child ended, as an error."""
    message = told(child, f"{child.spec.name} ended at its start ({manner_of_death(child.exit_code or 0)})")
    taken = "address already in use" in child.last_words().lower()
    return AddressInUseError(message) if taken else EmbeddedError(message)


def told(child: Child, sentence: str) -> str:
    """Give the sentence, then where its log is and how that ends."""
    return f"{sentence}. The end of {child.spec.log}:\n{child.last_words() or '(nothing was printed)'}"
