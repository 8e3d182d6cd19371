import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from pipeline.inspection.downloads import download_folder, forget_left_behind

KILLED = """
import os, signal, sys
from pipeline.inspection.downloads import download_folder
with download_folder() as folder:
    (folder / "upload").write_bytes(b"a member's file")
    print(folder, flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", None)
    return tmp_path


def test_what_a_killed_worker_left_is_forgotten(temporary: Path) -> None:
    killed = subprocess.run([sys.executable, "-c", KILLED], capture_output=True, text=True, check=False, timeout=120)
    left = Path(killed.stdout.strip())
    assert left.parent == temporary
    assert (left / "upload").exists()

    assert forget_left_behind() == 1
    assert not left.exists()


def test_what_is_being_inspected_stays(temporary: Path) -> None:
    with download_folder() as folder:
        assert folder.parent == temporary

        assert forget_left_behind() == 0
        assert folder.exists()


def test_folders_of_others_stay(temporary: Path) -> None:
    other = temporary / "proofdesk-inspection-of-somebody"
    other.mkdir()

    assert forget_left_behind() == 0
    assert other.exists()
