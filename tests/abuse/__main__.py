"""The demo beside a load of abuse: `python -m tests.abuse`. Exits with 1 where the demo fails or the web process grows too much."""

import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import psutil
from rich.console import Console
from rich.table import Table

from cli.embedded.stack import Stack
from tests.abuse.load import MIB, abused
from tests.support.servers import ANY_PORTS, NOTHING_GIVEN

MOST_MIB: Final = 250
_LOOKS_EACH_SECOND: Final = 10


def main() -> int:
    """Run both, and print what happened."""
    with tempfile.TemporaryDirectory(prefix="proofdesk-abuse-") as folder:
        home = Path(folder) / "home"
        with Stack(home, preferred_ports=ANY_PORTS, environment=NOTHING_GIVEN) as stack:
            web = psutil.Process(stack.pids("web")["web"])
            port = urlsplit(stack.environment()["PROOFDESK_WEB_URL"]).port or 0
            with _peak_of(web) as peak, abused(port) as load:
                command = [sys.executable, "-m", "cli", "demo", "--home", str(home)]
                demo = subprocess.run(command, capture_output=True, text=True, check=False, timeout=900)
            same = stack.pids("web").get("web") == web.pid
    table = Table("what", "how much", title="Abuse beside the demo", title_justify="left")
    for what, count in sorted(load.count.items()):
        table.add_row(what, f"{count:,}")
    table.add_row("the demo ended with", str(demo.returncode))
    table.add_row("the web process is the same one", "yes" if same else "no")
    table.add_row("most memory of web", f"{max(peak) // MIB} MiB, and {MOST_MIB} MiB are allowed")
    Console().print(table)
    holds = demo.returncode == 0 and same and max(peak) < MOST_MIB * MIB
    if not holds:
        sys.stderr.write(demo.stdout + demo.stderr)
    return 0 if holds else 1


@contextmanager
def _peak_of(process: psutil.Process) -> Iterator[list[int]]:
    """The memory of a process in bytes, as it was seen several times a second."""
    seen, done = [process.memory_info().rss], threading.Event()

    def look() -> None:
        while not done.wait(1 / _LOOKS_EACH_SECOND):
            seen.append(process.memory_info().rss)

    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    try:
        yield seen
    finally:
        done.set()
        thread.join()


if __name__ == "__main__":
    sys.exit(main())
