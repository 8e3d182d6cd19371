import threading
import time
from collections.abc import Callable
from typing import Final

import psutil

from cli.embedded import AbortedError, AddressInUseError, EmbeddedError
from cli.embedded.child import Child, exit_reason
from cli.embedded.probes import NOT_READY

PAUSE: Final = 0.02


def await_answer(
    child: Child, ask: Callable[[], None], *, port: int, seconds: float, aborting: threading.Event
) -> None:
    """Return when the child itself listens on the port and answers.

    Raises AddressInUseError when it ended because the port was taken, AbortedError when the start is aborted, else EmbeddedError
    with the end of its log.
    """
    deadline = time.monotonic() + seconds
    reason = "it does not listen yet"
    while time.monotonic() < deadline:
        pid = child.pid
        if pid is None:
            raise exit_error(child)
        if listens(pid, port):
            try:
                return ask()
            except NOT_READY as error:
                reason = str(error).strip() or type(error).__name__
        pause(aborting)
    raise EmbeddedError(with_log_end(child, f"{child.spec.name} did not answer within {seconds:g} seconds ({reason})"))


def await_end(child: Child, *, seconds: float, aborting: threading.Event) -> None:
    """Return when a child that runs a command has ended. Raises EmbeddedError with the end of its log if it failed."""
    deadline = time.monotonic() + seconds
    while child.exit_code is None:
        if time.monotonic() > deadline:
            raise EmbeddedError(with_log_end(child, f"{child.spec.name} did not finish within {seconds:g} seconds"))
        pause(aborting)
    if child.exit_code != 0:
        raise exit_error(child)


def pause(aborting: threading.Event) -> None:
    """Wait a moment. Raises AbortedError when the start is aborted."""
    if aborting.wait(PAUSE):
        raise AbortedError("The start was aborted.")


def listens(pid: int, port: int) -> bool:
    """Whether the process or one of its descendants listens there; True where the system does not permit the check."""
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


def exit_error(child: Child) -> EmbeddedError:
    """Why the child ended, as an error."""
    message = with_log_end(child, f"{child.spec.name} ended at its start ({exit_reason(child.exit_code or 0)})")
    taken = "address already in use" in child.recent_output().lower()
    return AddressInUseError(message) if taken else EmbeddedError(message)


def with_log_end(child: Child, sentence: str) -> str:
    """The sentence, then the path and the end of the child's log."""
    return f"{sentence}. The end of {child.spec.log}:\n{child.recent_output() or '(nothing was printed)'}"
