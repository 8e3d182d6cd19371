import logging
import queue
import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from typing import Final, TypeVar

import psutil

from cli.embedded.child import Child, Spec, exit_reason
from cli.embedded.home import Home, write_private

TICK: Final = 0.1
PAUSE: Final = 0.02
OnEvent = Callable[[str, dict[str, object]], None]
Answer = TypeVar("Answer")
logger = logging.getLogger(__name__)


def ignore(_event: str, _fields: dict[str, object]) -> None:
    """Report nothing."""


class Supervisor:
    """Starts, watches, restarts and ends children, all from one thread that lives until `close`.

    It is one thread, since the kernel ties a child to the thread that started it. No other thread touches the children, so they
    need no locks.
    """

    def __init__(self, home: Home, on_event: OnEvent) -> None:
        self._home = home
        self._on_event = on_event
        self._children: dict[str, Child] = {}
        self._started: dict[str, dict[str, object]] = {}
        self._requests: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._run, name="embedded-supervisor", daemon=True)
        self._thread.start()

    def start(self, spec: Spec) -> Child:
        """Start a child. It is restarted only after `keep_running`."""
        return self._ask(lambda: self._start(spec))

    def keep_running(self, child: Child) -> None:
        """From now on restart it when it dies."""
        self._ask(lambda: setattr(child, "keep_running", True))

    def end(self, children: Iterable[Child]) -> None:
        """End these children at the same time, each by the signals of its spec. Returns when all have ended."""
        self._ask(lambda: self._end(list(children)))

    def children(self) -> dict[str, Child]:
        """All children by name, also those that wait for a restart."""
        return dict(self._children)

    def close(self) -> None:
        """End the thread. The kernel then signals the remaining children to end."""
        self._closed.set()
        if threading.current_thread() is not self._thread:
            self._thread.join()

    def _ask(self, request: Callable[[], Answer]) -> Answer:
        if threading.current_thread() is self._thread:
            return request()
        future: Future[Answer] = Future()
        self._requests.put(lambda: _answer(future, request))
        return future.result()

    def _run(self) -> None:
        while not self._closed.is_set():
            try:
                self._requests.get(timeout=TICK)()
            except queue.Empty:
                self._check_all()

    def _check_all(self) -> None:
        for child in self.children().values():
            try:
                self._check(child)
            except Exception:  # an error with one child must not stop the supervision of the others
                logger.exception("child.check_failed", extra={"child": child.spec.name})

    def _check(self, child: Child) -> None:
        if not child.keep_running or child.pid is not None:
            return
        if child.restart_at is None:
            self._plan_restart(child)
        elif time.monotonic() >= child.restart_at:
            self._restart(child)

    def _plan_restart(self, child: Child) -> None:
        code = child.exit_code
        pid, delay = child.plan_restart(time.monotonic())
        reason = "could not be started" if code is None else exit_reason(code)
        self._on_event("child.died", {"name": child.spec.name, "pid": pid, "reason": reason, "restart_in": delay})

    def _restart(self, child: Child) -> None:
        try:
            pid = self._spawn(child)
        except OSError as error:
            _, delay = child.plan_restart(time.monotonic())
            event = {"name": child.spec.name, "pid": 0, "reason": f"could not be started: {error}", "restart_in": delay}
            self._on_event("child.died", event)
            return
        child.restarts += 1
        self._on_event("child.restarted", {"name": child.spec.name, "pid": pid, "restarts": child.restarts})

    def _start(self, spec: Spec) -> Child:
        child = Child(spec)
        self._spawn(child)
        self._children[spec.name] = child
        return child

    def _spawn(self, child: Child) -> int:
        pid = child.spawn()
        self._started[child.spec.name] = {
            "name": child.spec.name,
            "pid": pid,
            "create_time": psutil.Process(pid).create_time(),
        }
        write_private(self._home.children, {"children": list(self._started.values())})
        return pid

    def _end(self, children: list[Child]) -> None:
        for child in children:
            child.keep_running = False
        for step in range(max((len(child.spec.ending) for child in children), default=0)):
            _send_signals(children, step)
        for child in children:
            child.kill_group()
            self._children.pop(child.spec.name, None)


def _send_signals(children: list[Child], step: int) -> None:
    """Send each living child the signal of this step, and wait for its seconds at most."""
    started = time.monotonic()
    waiting = {}
    for child in children:
        if step < len(child.spec.ending) and child.pid is not None:
            number, patience = child.spec.ending[step]
            child.send_signal(number)
            waiting[child.spec.name] = (child, started + patience)
    while any(child.pid is not None and time.monotonic() < limit for child, limit in waiting.values()):
        time.sleep(PAUSE)


def _answer(future: Future[Answer], request: Callable[[], Answer]) -> None:
    try:
        future.set_result(request())
    except BaseException as error:  # noqa: BLE001 the caller of the request raises it
        future.set_exception(error)
