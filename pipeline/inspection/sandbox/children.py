from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from threading import BoundedSemaphore, Lock

import structlog

from pipeline.inspection.confinement.advice import lacking, sentence
from pipeline.inspection.sandbox.child import Child
from pipeline.inspection.sandbox.fork_client import ForkClient, SandboxUnavailable
from pipeline.inspection.sandbox.request import ChildLimits, Terms

log = structlog.get_logger()


class SandboxWeakened(SandboxUnavailable):
    """This machine cannot confine a child as it is required to. A file waits until it can."""

    code = "sandbox_weakened"


Weakened = Callable[[Mapping[str, str]], object]
"""Is told once which protections are missing that should be on, each with the reason."""


def log_weakened(missing: Mapping[str, str]) -> None:
    """Write it into the log."""
    log.warning("sandbox.weakened", missing=dict(missing))


class Children:
    """At most so many children at a time, used again while they behave. Thread-safe; nothing starts before the first use."""

    def __init__(self, terms: Terms, *, most: int, required: bool, weakened: Weakened = log_weakened) -> None:
        """`required` lets no child live that lacks a protection; else `weakened` is told."""
        self._limits: ChildLimits = terms.limits
        self._server = ForkClient(terms.model_dump_json())
        self._most = most
        self._required = required
        self._places = BoundedSemaphore(most)
        self._idle = deque[Child]()
        self._weakened = weakened
        self._told = Lock()

    @contextmanager
    def place(self) -> Iterator[None]:
        """Wait while all children are busy."""
        with self._places:
            yield

    def take(self) -> Child:
        """An idle child, the one used last, since its memory is warm; else a new one. Raises SandboxUnavailable."""
        with suppress(IndexError):
            return self._idle.pop()
        return self.start()

    def start(self) -> Child:
        """A new child. Raises SandboxUnavailable, or SandboxWeakened where a protection is required and missing."""
        child = Child(self._server, self._limits)
        if lacks := lacking(child.missing):
            if self._required:
                child.end()
                raise SandboxWeakened(sentence(lacks))
            if self._told.acquire(blocking=False):
                self._weakened(lacks)
        return child

    def give_back(self, child: Child) -> None:
        """Keep it for the next file, unless it is worn out."""
        if child.worn_out:
            child.end()
        else:
            self._idle.append(child)

    def missing(self) -> Mapping[str, str]:
        """The protections that are not on here, each with the reason. Raises SandboxUnavailable."""
        with self._places:
            child = self.take()
            self.give_back(child)
            return child.missing

    def close(self) -> None:
        """End all children, a busy one after its file. What is asked afterwards starts new ones."""
        with ExitStack() as places:
            for _ in range(self._most):
                places.enter_context(self._places)
            while self._idle:
                self._idle.pop().end()
            self._server.close()
