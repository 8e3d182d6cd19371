import os
import threading
import time
from collections.abc import Callable
from typing import Any, Final

import dramatiq
import structlog
from dramatiq.middleware import CurrentMessage, Retries, ShutdownNotifications, TimeLimit

log = structlog.get_logger()

WATCH_SECONDS: Final = 1.0
EXIT_CODE: Final = 70


class LogContext(dramatiq.Middleware):
    """Clears structlog's context before and after each message, skipped ones too, so that no id appears in the next one's lines."""

    def before_process_message(self, broker: dramatiq.Broker, message: Any) -> None:
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(message_id=message.message_id, actor=message.actor_name)

    def after_process_message(
        self, broker: dramatiq.Broker, message: Any, *, result: Any = None, exception: BaseException | None = None
    ) -> None:
        structlog.contextvars.clear_contextvars()

    def after_skip_message(self, broker: dramatiq.Broker, message: Any) -> None:
        structlog.contextvars.clear_contextvars()


class Watchdog(dramatiq.Middleware):
    """Ends the process when one of the worker's threads has died, which dramatiq does not report. A supervisor starts a new one."""

    def __init__(self, leave: Callable[[int], object] = os._exit) -> None:
        self._leave = leave
        self._stopping = threading.Event()

    def after_worker_boot(self, broker: dramatiq.Broker, worker: Any) -> None:
        threading.Thread(target=self._watch, args=(worker,), name="watchdog", daemon=True).start()

    def before_worker_shutdown(self, broker: dramatiq.Broker, worker: Any) -> None:
        self._stopping.set()

    def _watch(self, worker: Any) -> None:
        while not self._stopping.wait(WATCH_SECONDS):
            dead = [thread.name for thread in (*worker.workers, *worker.consumers.values()) if not thread.is_alive()]
            if dead and not self._stopping.is_set():
                log.critical("worker.thread_died", threads=dead)
                self._leave(EXIT_CODE)
                return


class Timing(dramatiq.Middleware):
    """Logs how long each message took, as a debug line."""

    def __init__(self) -> None:
        self._started = threading.local()

    def before_process_message(self, broker: dramatiq.Broker, message: Any) -> None:
        self._started.at = time.monotonic()

    def after_process_message(
        self, broker: dramatiq.Broker, message: Any, *, result: Any = None, exception: BaseException | None = None
    ) -> None:
        milliseconds = round((time.monotonic() - self._started.at) * 1000, 1)
        log.debug("message.processed", actor=message.actor_name, milliseconds=milliseconds)


def stack() -> list[dramatiq.Middleware]:
    """The middleware of a worker, outermost first. The ledger replaces AgeLimit, Pipelines, Callbacks and Results.

    Retries is for `accept_submission` alone, whose message is not in the ledger yet; the ledger retries everything else. TimeLimit
    comes after Retries.
    """
    return [
        LogContext(),
        Watchdog(),
        CurrentMessage(),
        ShutdownNotifications(),
        Retries(max_retries=0),
        TimeLimit(),
        Timing(),
    ]
