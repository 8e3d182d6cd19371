"""A program that reads pictures of ours is confined: it runs itself alone, reads its data, and answers within bounds."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.inspection.confinement.available import unavailable
from pipeline.inspection.report import Rendition
from pipeline.inspection.signals.ocr import read_pages

START = "import sys; from pipeline.inspection.confinement.program import main; main(sys.argv[1])"
PICTURE = Rendition("large", 1, "image/jpeg", 10, 10, b"picture", "")

pytestmark = pytest.mark.skipif(bool(unavailable()), reason="this kernel lacks a protection")


def run(*command: str, readable: tuple[Path, ...] = (), said: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    program = str(Path(shutil.which(command[0]) or command[0]).resolve())
    order = {
        "command": [program, *command[1:]],
        "environment": {"HOME": "/nonexistent"},
        "readable": [str(each) for each in readable],
        "seconds": 20,
    }
    return subprocess.run(
        [sys.executable, "-c", START, json.dumps(order)], input=said, capture_output=True, check=False, timeout=60
    )


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    path = tmp_path / "secret"
    path.write_bytes(b"of another member")
    return path


def test_it_reads_what_comes_in_and_answers() -> None:
    assert run("cat", said=b"a picture").stdout == b"a picture"


def test_it_reads_its_data_and_nothing_else(secret: Path) -> None:
    data = secret.parent / "data"
    data.mkdir()
    (data / "eng").write_bytes(b"words")

    assert run("cat", str(data / "eng"), readable=(data,)).stdout == b"words"
    assert run("cat", str(secret), readable=(data,)).stdout == b""
    assert run("cat", "/etc/passwd", "/proc/self/environ", f"/proc/{os.getpid()}/environ").stdout == b""


def test_it_runs_no_other_program() -> None:
    ended = run("env", "cat", said=b"a picture")

    assert (ended.returncode, ended.stdout) == (126, b"")


def test_it_starts_no_process_and_writes_no_file(secret: Path) -> None:
    assert run("sh", "-c", "echo started | cat").stdout == b""
    assert run("sh", "-c", f"echo written > {secret}").returncode != 0
    assert secret.read_bytes() == b"of another member"


def test_it_is_not_started_where_it_cannot_be_confined(secret: Path) -> None:
    order = json.dumps({"command": ["/bin/cat", str(secret)], "environment": {}, "readable": [], "seconds": 20})
    weaker = [sys.executable, "-m", "tests.support.weaker_kernel", "landlock", "--", sys.executable, "-c", START, order]

    ended = subprocess.run(weaker, capture_output=True, check=False, timeout=60)

    assert (ended.returncode, ended.stdout) == (78, b"")


@pytest.mark.parametrize("program", ["yes", "true", "false", "cat"])
def test_a_program_that_answers_too_much_or_nothing_of_use_has_no_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, program: str
) -> None:
    shutil.copy(Path(shutil.which(program) or "").resolve(), tmp_path / "tesseract")
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)

    (page,) = read_pages([PICTURE], seconds=20)

    assert page.words == ()
