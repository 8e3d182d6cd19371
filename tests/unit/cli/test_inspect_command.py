"""`proofdesk inspect`: files on disk, no stack."""

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import psutil
import pytest
import typer
from typer.testing import CliRunner, Result

from cli.inspect import inspect
from pipeline.inspection.confinement.confine import PROTECTIONS
from pipeline.inspection.findings import CODES
from tests.support.files import digest, photo

GUIDE = Path(__file__).parents[3] / "docs" / "inspection.md"
Run = Callable[..., Result]
FIELDS = {
    "path", "sha256", "media_type", "width", "height", "pages", "verdict", "findings", "inspector_version", "signals",
    "milliseconds", "peak_rss_mib",
}  # fmt: skip


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Run:
    for name in [name for name in os.environ if name.startswith("PROOFDESK_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("COLUMNS", "200")
    app = typer.Typer()
    app.command()(inspect)
    return lambda *arguments: CliRunner().invoke(app, [str(each) for each in arguments])


def rows(result: Result) -> list[dict[str, Any]]:
    assert result.exit_code == 0, result.output
    return [orjson.loads(line) for line in result.stdout.splitlines()]


def put(path: Path, body: bytes | None = None) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(photo() if body is None else body)
    return path


def test_a_photo_is_accepted_with_all_that_is_known_of_it(run: Run, tmp_path: Path) -> None:
    path = put(tmp_path / "me.jpg", photo(side=300))

    (row,) = rows(run("--kind", "avatar", "--json", path))

    assert set(row) == FIELDS
    assert (row["path"], row["sha256"]) == (str(path), digest(path.read_bytes()))
    assert (row["media_type"], row["width"], row["height"], row["pages"]) == ("image/jpeg", 300, 300, None)
    assert (row["verdict"], row["findings"]) == ("accepted", [])
    assert row["signals"]
    assert row["milliseconds"] > 0
    assert row["peak_rss_mib"] > 0


def test_the_kind_decides_what_a_file_may_be(run: Run, tmp_path: Path) -> None:
    path = put(tmp_path / "page.pdf", b"%PDF-1.4 but broken")

    avatar, material = (rows(run("--kind", kind, "--json", path))[0] for kind in ("avatar", "material"))

    assert [each["code"] for each in avatar["findings"]] == ["unsupported_type"]
    assert [each["code"] for each in material["findings"]] == ["pdf_unreadable"]


def test_a_name_that_says_another_type_is_a_warning(run: Run, tmp_path: Path) -> None:
    (row,) = rows(run("--kind", "avatar", "--json", put(tmp_path / "me.png")))

    assert row["verdict"] == "accepted"
    assert {each["code"]: each["severity"] for each in row["findings"]} == {"type_mismatch": "warning"}


def test_folders_are_walked_by_name_and_rows_come_in_that_order(run: Run, tmp_path: Path) -> None:
    names = [f"{number:02}/photo.jpg" for number in range(20)]
    for name in reversed(names):
        put(tmp_path / "all" / name)
    last = put(tmp_path / "a-last.jpg")

    found = rows(run("--kind", "avatar", "--json", tmp_path / "all", last))

    assert [each["path"] for each in found] == [*(str(tmp_path / "all" / name) for name in names), str(last)]


def test_a_link_that_leads_out_of_the_folder_is_left_out(run: Run, tmp_path: Path) -> None:
    inside, outside = put(tmp_path / "folder" / "b.jpg"), put(tmp_path / "elsewhere" / "secret.jpg")
    (tmp_path / "folder" / "a.jpg").symlink_to(inside)
    (tmp_path / "folder" / "c.jpg").symlink_to(outside)
    (tmp_path / "folder" / "d").symlink_to(outside.parent)
    (tmp_path / "folder" / "e").symlink_to(tmp_path / "folder")

    found = rows(run("--kind", "avatar", "--json", tmp_path / "folder"))

    assert [Path(each["path"]).name for each in found] == ["a.jpg", "b.jpg"]


def test_what_cannot_be_read_is_a_row_too(run: Run, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")

    missing, pipe = rows(run("--kind", "avatar", "--json", tmp_path / "missing.jpg", tmp_path / "pipe"))

    assert set(missing) == FIELDS
    assert missing["verdict"] == "refused"
    assert missing["findings"] == [
        {
            "code": "unreadable_file",
            "message": "The file cannot be read: No such file or directory.",
            "severity": "error",
        }
    ]
    assert [each["code"] for each in pipe["findings"]] == ["unreadable_file"]


def test_a_path_that_is_not_text_can_be_told(run: Run, tmp_path: Path) -> None:
    put(tmp_path / os.fsdecode(b"me \xff.jpg"))

    (row,) = rows(run("--kind", "avatar", "--json", tmp_path))

    assert row["path"].endswith("me \N{REPLACEMENT CHARACTER}.jpg")
    assert row["verdict"] == "accepted"


def test_a_table_is_for_people(run: Run, tmp_path: Path) -> None:
    put(tmp_path / "a.jpg", photo(side=300))
    put(tmp_path / "b.jpg", b"")

    shown = run("--kind", "avatar", tmp_path).stdout

    assert "300 × 300" in shown
    assert "accepted" in shown
    assert "empty_file" in shown


def test_a_folder_without_a_file_is_said_so(run: Run, tmp_path: Path) -> None:
    assert "There is no file." in run("--kind", "avatar", tmp_path).stdout


def test_the_same_files_have_the_same_verdicts_again(run: Run, tmp_path: Path) -> None:
    put(tmp_path / "good.jpg")
    put(tmp_path / "cut.jpg", photo()[:-100])

    once, again = (rows(run("--kind", "avatar", "--json", tmp_path)) for _ in range(2))

    assert [(each["verdict"], each["findings"], each["signals"]) for each in once] == [
        (each["verdict"], each["findings"], each["signals"]) for each in again
    ]


def test_nobody_is_left_running(run: Run, tmp_path: Path) -> None:
    before = psutil.Process().children(recursive=True)

    run("--kind", "avatar", put(tmp_path / "me.jpg"))

    assert psutil.Process().children(recursive=True) == before


@pytest.mark.parametrize("code", [*CODES, "unreadable_file"])
def test_every_code_is_explained(code: str) -> None:
    assert f"`{code}`" in GUIDE.read_text(encoding="utf-8")


@pytest.mark.parametrize("code", CODES)
def test_what_a_member_is_told_stands_in_the_guide_word_for_word(code: str) -> None:
    told = re.sub(r"\{[^}]*\}", "…", CODES[code].sentence)

    assert f"| {told} |" in GUIDE.read_text(encoding="utf-8")


def test_every_protection_is_explained() -> None:
    assert [name for name in PROTECTIONS if f"| `{name}` |" not in GUIDE.read_text(encoding="utf-8")] == []
