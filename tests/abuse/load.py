"""Abuse of the web process by strangers, each kind in threads of its own until it is told to stop."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import cycle
from typing import Final

from tests.support.wire import Wire, asked, wire

MIB: Final = 2**20
HUGE: Final = 300
STALLED: Final = 500
BAD_NAMES_EACH_SECOND: Final = 50
_PART: Final = b"x" * MIB
_CHUNK: Final = b"%x\r\n%s\r\n" % (MIB, _PART)
_LONG: Final = {"Content_Length": str(HUGE * MIB)}
_ENDLESS: Final = {"Transfer_Encoding": "chunked"}
_FORM: Final = {"Content_Type": "multipart/form-data; boundary=part"}
_BODIES: Final = (
    ("POST /v1/submissions", _PART, _LONG),
    ("POST /v1/submissions", _CHUNK, _ENDLESS),
    ("POST /v1/mail-events/sns", _CHUNK, _ENDLESS),
    ("POST /console/sign-in", _PART, {**_LONG, **_FORM}),
    ("POST /v1/sessions/open", _CHUNK, _ENDLESS),
)
_BEGINNINGS: Final = (
    b"",
    b"GET /heal",
    b"GET /healthz HTTP/1.1\r\nHost: a\r\nX: ",
    b"POST /v1/sessions/open HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n{",
    b"POST /console/sign-in HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nx",
)
_NAMES: Final = (
    "%00/large",
    "x" * 1100 + "/large",
    "%F0%9F%98%80" * 300 + "/large",
    "nobody/nothing",
    "..%2F..%2Fvault/a",
)


@dataclass
class Load:
    """What was done, and what came of it."""

    port: int
    stop: threading.Event = field(default_factory=threading.Event)
    count: Counter[str] = field(default_factory=Counter)

    def huge_bodies(self) -> None:
        """One body of 300 MiB after the other, as much of each as is taken."""
        for line, part, headers in cycle(_BODIES):
            if self.stop.is_set():
                return
            with suppress(OSError), wire(self.port) as open_wire:
                open_wire.head(line, **headers)
                self.count["huge bodies"] += 1
                self.count["MiB of them that were taken"] += open_wire.pour(part, times=HUGE)

    def stalled_connections(self) -> None:
        """500 connections at any time that stop in the middle; each that was closed is made anew."""
        held: list[Wire] = []
        for beginning in cycle(_BEGINNINGS):
            with suppress(OSError):
                held.append(Wire(self.port))
                held[-1].socket.sendall(beginning)
                self.count["stalled connections"] += 1
            while len(held) >= STALLED and not self.stop.wait(0.01):
                held = [each for each in held if not _is_gone(each)]
            if self.stop.is_set():
                break
        for each in held:
            each.socket.close()

    def bad_names(self) -> None:
        """50 requests a second for public pictures with names that there cannot be."""
        for name in cycle(_NAMES):
            if self.stop.wait(1 / BAD_NAMES_EACH_SECOND):
                return
            with suppress(OSError, AssertionError):
                answer = asked(self.port, f"GET /public/avatars/{name}.jpg")
                self.count[f"bad names answered {answer.status}"] += 1


@contextmanager
def abused(port: int) -> Iterator[Load]:
    """The web process at this port under all kinds of abuse at once."""
    load = Load(port)
    kinds: tuple[Callable[[], None], ...] = (load.huge_bodies, load.stalled_connections, load.bad_names)
    threads = [threading.Thread(target=kind, daemon=True) for kind in kinds]
    for each in threads:
        each.start()
    try:
        yield load
    finally:
        load.stop.set()
        for each in threads:
            each.join(timeout=60)


def _is_gone(held: Wire) -> bool:
    """Whether the other side has closed; nothing is waited for."""
    held.socket.setblocking(False)  # noqa: FBT003  (the socket's own way)
    try:
        return not held.socket.recv(65_536)
    except BlockingIOError:
        return False
    except OSError:
        return True
