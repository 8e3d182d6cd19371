"""The fork server: a program of its own that forks a child when the parent asks for one.

All that it needs is passed to it, so the parent's main module, threads, environment and open files never reach a child. When its
parent is gone it ends its children and itself.
"""

import gc
import os
import signal
import socket
import struct
import warnings
from collections.abc import Callable
from contextlib import suppress
from importlib import import_module
from typing import Final

from pipeline.inspection.confinement.confine import leave_network
from pipeline.inspection.sandbox import framing
from pipeline.inspection.sandbox.child_main import live
from pipeline.inspection.sandbox.request import Terms, Work

NUMBER: Final = struct.Struct("=q")
"""A command is `FORK`, with the child's socket, or the process id of a child to end. The answer is the new child's process id, or
below zero the number of an error; of a child that was ended its exit code, a signal as its negative number."""

FORK: Final = 0
UNKNOWN_CHILD: Final = 2**31
"""The answer for a child that this server never had, or has ended before."""

_LONGEST_ERROR: Final = 1000
_FOR_THE_PARENT: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def main(descriptor: int, terms: str) -> None:
    """Serve commands over this socket. First comes a frame: empty, or why this server cannot serve."""
    for number in _FOR_THE_PARENT:
        signal.signal(number, signal.SIG_IGN)
    warnings.simplefilter("ignore")
    with socket.socket(fileno=descriptor) as control:
        try:
            server = _ForkServer(control, Terms.model_validate_json(terms))
        except Exception as error:  # noqa: BLE001  # passed to the parent, who raises it
            framing.write(control, f"{type(error).__name__}: {error}"[:_LONGEST_ERROR].encode(errors="replace"))
            return
        framing.write(control, b"")
        server.serve()


class _ForkServer:
    def __init__(self, control: socket.socket, terms: Terms) -> None:
        self._network = leave_network()
        self._control = control
        self._terms = terms
        self._work, self._works = _imported(terms.work)
        self._children: set[int] = set()
        gc.collect()
        gc.freeze()

    def serve(self) -> None:
        """Until the parent hangs up; then no child is left."""
        with suppress(ConnectionError):
            while True:
                message, descriptors, _, _ = socket.recv_fds(self._control, NUMBER.size, 1)
                if not message:
                    break
                (pid,) = NUMBER.unpack(message)
                self._control.sendall(NUMBER.pack(self._fork(descriptors[0]) if pid == FORK else self._end(pid)))
        for pid in tuple(self._children):
            self._end(pid)

    def _fork(self, descriptor: int) -> int:
        parent = os.getpid()
        with socket.socket(fileno=descriptor) as link:
            try:
                pid = os.fork()
            except OSError as error:
                return -(error.errno or 1)
            if pid == 0:
                self._control.close()
                live(link, self._terms, self._work, parent=parent, network=self._network, works=self._works)
        self._works = _yes  # the others have the same memory and the same rules
        self._children.add(pid)
        return pid

    def _end(self, pid: int) -> int:
        """A child that died stays a zombie until here, so that no other process can have its id."""
        if pid not in self._children:
            return UNKNOWN_CHILD
        self._children.discard(pid)
        os.kill(pid, signal.SIGKILL)
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def _yes() -> bool:
    return True


def _imported(dotted: str) -> tuple[Work, Callable[[], bool]]:
    """A module that has a `warm_up` is warm before the first child is forked; the first asks its `still_works`, if it has one."""
    module, _, name = dotted.partition(":")
    found = import_module(module)
    getattr(found, "warm_up", lambda: None)()
    work: Work = getattr(found, name)
    return work, getattr(found, "still_works", _yes)
