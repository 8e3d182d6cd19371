"""The zygote: a small process with one thread that has everything imported, and forks a child when it is asked to.

It is a program of its own and is told all that it needs, so the parent's main module, threads, environment and open files
never reach a child. It ends when its parent is gone, and takes its children along.
"""

import gc
import os
import signal
import socket
import sys
import warnings
from contextlib import suppress
from importlib import import_module
from typing import Final

import orjson

from pipeline.inspection.sandbox.confine import leave_network
from pipeline.inspection.sandbox.control import END, NOT_MINE, ORDER, OUTCOME
from pipeline.inspection.sandbox.terms import Look, Terms
from pipeline.inspection.sandbox.worker_main import live

_LONGEST_ERROR: Final = 1000
_LISTENED_TO_BY_PARENT: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def main(descriptor: int, terms: str) -> None:
    """Serve the orders that come over this socket. The first thing that is sent back is `{}`, or why it cannot be."""
    for number in _LISTENED_TO_BY_PARENT:
        signal.signal(number, signal.SIG_IGN)
    warnings.simplefilter("ignore")
    with socket.socket(fileno=descriptor) as control:
        try:
            zygote = _Zygote(control, Terms.model_validate_json(terms))
        except Exception as error:  # noqa: BLE001  # told to the parent, who raises it
            control.sendall(orjson.dumps({"error": f"{type(error).__name__}: {error}"[:_LONGEST_ERROR]}))
            return
        control.sendall(b"{}")
        zygote.serve()


class _Zygote:
    def __init__(self, control: socket.socket, terms: Terms) -> None:
        self._alone = leave_network()
        self._control = control
        self._terms = terms
        self._look = _find(terms.look)
        self._children: set[int] = set()
        gc.collect()
        gc.freeze()

    def serve(self) -> None:
        """Until the parent hangs up; then nobody is left."""
        with suppress(ConnectionError):
            while order := self._next_order():
                self._control.sendall(OUTCOME.pack(self._carry_out(*order)))
        for pid in tuple(self._children):
            self._end(pid)

    def _next_order(self) -> tuple[bytes, int, list[int]] | None:
        message, descriptors, _, _ = socket.recv_fds(self._control, ORDER.size, 1)
        return (*ORDER.unpack(message), descriptors) if message else None

    def _carry_out(self, name: bytes, pid: int, descriptors: list[int]) -> int:
        if name == END:
            return self._end(pid)
        with socket.socket(fileno=descriptors[0]) as link:
            return self._fork(link)

    def _fork(self, link: socket.socket) -> int:
        """Returns the child's process id, or the error's number below zero."""
        parent = os.getpid()
        try:
            pid = os.fork()
        except OSError as error:
            return -(error.errno or 1)
        if pid == 0:
            self._control.close()
            live(link, parent=parent, terms=self._terms, look=self._look, alone=self._alone)
        self._children.add(pid)
        return pid

    def _end(self, pid: int) -> int:
        """Returns how the child ended, a signal as its negative number. It stays a zombie until here, so the id is its own."""
        if pid not in self._children:
            return NOT_MINE
        self._children.discard(pid)
        os.kill(pid, signal.SIGKILL)
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def _find(dotted: str) -> Look:
    """Import what looks at a file. A module that has a `warm_up` is warm before the first child is forked."""
    module, _, name = dotted.partition(":")
    found = import_module(module)
    getattr(found, "warm_up", lambda: None)()
    look: Look = getattr(found, name)
    return look


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2])
