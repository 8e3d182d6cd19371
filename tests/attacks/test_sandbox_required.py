"""On a kernel, or in a container, without what confines a child: a worker says what is missing and does not start, or says it aloud."""

import json
import os
import platform
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.inspection.confinement.advice import ADVICE, REQUIRED
from pipeline.inspection.confinement.available import unavailable
from pipeline.inspection.confinement.confine import PROTECTIONS
from pipeline.inspection.sandbox import Sandbox
from pipeline.kernel.encryption import fresh_key
from tests.support.files import photo

SETTINGS = {
    "PROOFDESK_DATABASE_URL": "postgresql://nobody:x@127.0.0.1:1/none",
    "PROOFDESK_BROKER_URL": "redis://127.0.0.1:1/0",
    "PROOFDESK_STORAGE_URL": "http://a:b@127.0.0.1:1/?region=us-east-1",
    "PROOFDESK_SMTP_URL": "smtp://127.0.0.1:1",
    "PROOFDESK_ENCRYPTION_KEYS": fresh_key(),
    "PROOFDESK_LOG_FORMAT": "json",
    "PROOFDESK_HOME": "/nonexistent",
}
INSPECTS = """
import json, sys
from pathlib import Path
from pipeline.inspection.sandbox import Sandbox, SandboxWeakened
from tests.support.files import file_limits

limits = file_limits(media_types=("image/jpeg",), max_bytes=100000, large_side=64, small_side=32, page_side=64, quality=85)
try:
    with Sandbox(children=1, examine="tests.support.looks:obey", required=sys.argv[1] == "required") as sandbox:
        picture = sandbox.inspect(Path(sys.argv[2]), limits=limits)
        secret = sandbox.inspect(Path(sys.argv[3]), limits=limits)
        print(json.dumps({"accepted": picture.report.accepted, "read": secret.signals["did"], "missing": list(sandbox.missing())}))
except SandboxWeakened as error:
    print(json.dumps({"refused": str(error)}))
"""

pytestmark = [
    pytest.mark.skipif(platform.machine() != "x86_64", reason="the weaker kernel knows the system calls of x86_64"),
    pytest.mark.skipif(bool(unavailable()), reason="this kernel itself lacks a protection"),
]


def on_a_kernel_without(*lacking: str, command: list[str], **settings: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PROOFDESK_")}
    return subprocess.run(
        [sys.executable, "-m", "tests.support.weaker_kernel", *lacking, "--", sys.executable, *command],
        env=kept | SETTINGS | settings,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


@pytest.mark.parametrize("lacking", REQUIRED)
def test_a_worker_does_not_start_and_says_what_is_lacking_and_what_to_do(lacking: str) -> None:
    ended = on_a_kernel_without(lacking, command=["-m", "workers"])

    assert ended.returncode == 1
    assert f"The sandbox for strangers' files lacks {lacking} (" in ended.stderr
    assert ADVICE[lacking] in ended.stderr
    assert "Traceback" not in ended.stderr
    assert "worker.started" not in ended.stderr


def test_a_worker_that_lacks_everything_names_everything() -> None:
    ended = on_a_kernel_without(*REQUIRED, command=["-m", "workers", "inspection"])

    assert ended.returncode == 1
    assert [name for name in REQUIRED if ADVICE[name] not in ended.stderr] == []


@pytest.fixture
def files(tmp_path: Path) -> list[str]:
    """A picture, and a file that makes its child read another one."""
    secret, picture, reader = (tmp_path / name for name in ("secret", "picture", "reader"))
    secret.write_text("of another member", encoding="ascii")
    picture.write_bytes(photo())
    reader.write_bytes(b"read " + os.fsencode(secret))
    return [str(picture), str(reader)]


def test_no_file_is_opened_where_a_protection_is_required_and_missing(files: list[str]) -> None:
    ended = on_a_kernel_without("landlock", command=["-c", INSPECTS, "required", *files])

    assert ADVICE["landlock"] in json.loads(ended.stdout.splitlines()[-1])["refused"]


def test_at_best_effort_it_is_said_once_and_what_is_left_still_holds(files: list[str]) -> None:
    ended = on_a_kernel_without("landlock", "network", command=["-c", INSPECTS, "best-effort", *files])

    answer = json.loads(ended.stdout.splitlines()[-1])
    assert answer["accepted"]
    assert answer["read"] == "EPERM", "without Landlock no file is opened at all"
    assert set(answer["missing"]) == {"landlock", "network"}
    assert (ended.stdout + ended.stderr).count("sandbox.weakened") == 1
    assert "Function not implemented" in ended.stdout + ended.stderr


def test_without_a_filter_landlock_still_keeps_files_closed(files: list[str]) -> None:
    ended = on_a_kernel_without("seccomp", command=["-c", INSPECTS, "best-effort", *files])

    answer = json.loads(ended.stdout.splitlines()[-1])
    assert (answer["accepted"], answer["read"], answer["missing"]) == (True, "EACCES", ["seccomp"])


def test_the_doctor_shows_each_protection_with_the_reason() -> None:
    ended = on_a_kernel_without("landlock", "network", command=["-m", "cli", "doctor", "--json"])

    checks = {each["check"]: each for each in json.loads(ended.stdout)}
    shown = {name: checks[f"sandbox: {name}"] for name in PROTECTIONS}
    assert {name: each["ok"] for name, each in shown.items()} == dict.fromkeys(PROTECTIONS, True) | {"landlock": False}
    assert shown["landlock"]["seen"] == "off: Function not implemented"
    assert shown["landlock"]["advice"] == ADVICE["landlock"]
    assert shown["network"]["seen"].startswith("off: ")
    assert shown["seccomp"]["seen"] == "on"
    assert not checks["sandbox"]["ok"]


def test_here_everything_that_must_be_on_is_on() -> None:
    with Sandbox(children=1) as sandbox:
        assert set(REQUIRED) <= set(sandbox.protections())
