"""`python -m tests.chaos.control.worker EFFECTS`: a stock dramatiq worker of the control, until SIGTERM or SIGINT."""

import signal
import sys
import threading
from pathlib import Path

import dramatiq

from config.container import build_container
from tests.chaos.control.pipeline import Places, declare, stock_broker


def main(effects: Path) -> None:
    """Work with dramatiq's own numbers of threads and messages."""
    tools = build_container()
    broker = stock_broker(tools.settings.broker_url)
    declare(broker, Places(tools.storage, tools.settings.smtp_url, effects))
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    worker = dramatiq.Worker(broker)
    worker.start()
    stop.wait()
    worker.stop()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
