"""The chaos run's own means: a full disk, a wrong clock, a broker that is read-only, clients with two web processes."""

import errno
import http.server
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from cli.embedded.stack import Stack
from config.container import Container
from tests.chaos.disk import Disk, LimitedDisk, disk
from tests.chaos.failing_over import FailingOver
from tests.chaos.faults.broker import BrokerReadOnly
from tests.chaos.ground import Ground
from tests.support.faults import closed_port

ROOT = Path(__file__).parents[3]
WRITER = """
import sys
for path in sys.stdin:
    try:
        with open(path.strip(), "wb") as file:
            file.write(b"x" * 10_000)
        print(0, flush=True)
    except OSError as error:
        print(error.errno, flush=True)
"""


class Writer:
    """A process that writes files; what it was told each time."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self.pid = process.pid
        self._process = process

    def write(self, path: Path) -> int:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(f"{path}\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())


@pytest.fixture
def writer() -> Iterator[Writer]:
    command = [sys.executable, "-c", WRITER]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield Writer(process)
        process.kill()


def test_a_full_disk_takes_nothing_until_it_is_freed(tmp_path: Path, writer: Writer) -> None:
    with disk(tmp_path / "store", pid=lambda: writer.pid) as store:
        assert writer.write(tmp_path / "store" / "before") == 0

        store.fill()

        assert writer.write(tmp_path / "store" / "while") in {errno.ENOSPC, errno.EFBIG}
        store.free()
        assert writer.write(tmp_path / "store" / "after") == 0


def test_where_nothing_can_be_mounted_the_writing_process_is_limited(tmp_path: Path, writer: Writer) -> None:
    store: Disk = LimitedDisk(lambda: writer.pid)

    store.fill()

    assert writer.write(tmp_path / "while") == errno.EFBIG
    store.free()
    assert writer.write(tmp_path / "after") == 0


@pytest.mark.parametrize("seconds", [300, -300])
def test_whoever_takes_the_order_has_a_wrong_clock_and_the_next_one_a_right_one(tmp_path: Path, seconds: int) -> None:
    order = tmp_path / "clock"
    order.write_text(str(seconds))
    began = datetime.now(UTC)

    first, second = _clock_of(order, tmp_path), _clock_of(order, tmp_path)

    ended = datetime.now(UTC)
    off = timedelta(seconds=seconds)
    assert began + off <= first <= ended + off
    assert began <= second <= ended
    assert len(list(tmp_path.glob("clock.*"))) == 1


def _clock_of(order: Path, folder: Path) -> datetime:
    (folder / "tells_the_time.py").write_text("from datetime import *; print(datetime.now(UTC).isoformat())")
    command = [sys.executable, "-m", "tests.chaos.skewed", str(order), "tells_the_time"]
    environment = os.environ | {"PYTHONPATH": str(folder)}
    run = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True, timeout=120)
    return datetime.fromisoformat(run.stdout.strip())


def test_a_broker_that_is_read_only_keeps_what_it_has_and_is_whole_again_afterwards(
    tools: Container, tmp_path: Path
) -> None:
    place = Ground(Stack(tmp_path), tools, tools, {}, {}, LimitedDisk(os.getpid), tmp_path / "clock")
    fault = BrokerReadOnly(place, Random(1))  # noqa: S311  (chance that can be repeated, not secrecy)
    with redis.Redis.from_url(tools.settings.broker_url, retry=Retry(NoBackoff(), 0), socket_timeout=30) as client:
        client.set("key", "before")

        fault.begin()
        try:
            with pytest.raises(redis.ReadOnlyError):
                client.set("key", "while")
            assert client.get("key") == b"before"
        finally:
            fault.end()

        assert client.set("key", "after")


def test_a_client_goes_to_the_other_web_process_when_one_is_away() -> None:
    with _web() as url:
        client = FailingOver([f"http://127.0.0.1:{closed_port()}", url, f"http://127.0.0.1:{closed_port()}"], "key")

        answers = [client.get("/one"), client.get("/two")]

        client.close()
    assert answers == [{"path": "/one"}, {"path": "/two"}]


class _Echo(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(f'{{"path": "{self.path}"}}'.encode())

    def log_message(self, *_: object) -> None:
        """Nothing is to be said."""


@contextmanager
def _web() -> Iterator[str]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Echo) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join(timeout=30)
