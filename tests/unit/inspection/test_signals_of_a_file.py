import json
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.inspection.file import inspect_file
from pipeline.inspection.report import FileReport
from pipeline.inspection.signals.every import signals_of
from tests.drawings import AVATARS, avatar_photo, material
from tests.support.files import file_limits

LIMITS = file_limits(
    media_types=("image/jpeg", "image/png", "application/pdf"),
    max_bytes=20_000_000,
    large_side=512,
    small_side=128,
    page_side=512,
    quality=88,
)
OF_A_PICTURE = {"faces", "blur", "fingerprint", "exif", "failed"}
OF_A_DOCUMENT = {"fingerprint", "text", "failed"}


@pytest.fixture
def report(tmp_path: Path) -> FileReport:
    return inspected(avatar_photo("portrait").body, tmp_path)


def inspected(body: bytes, folder: Path) -> FileReport:
    path = folder / "file"
    path.write_bytes(body)
    return inspect_file(path, limits=LIMITS)


@pytest.mark.parametrize("name", AVATARS)
def test_every_avatar_of_the_demo_has_all_its_signals(name: str, tmp_path: Path) -> None:
    signals = signals_of(inspected(avatar_photo(name).body, tmp_path))

    assert signals.keys() == OF_A_PICTURE
    assert signals["failed"] == []


@pytest.mark.parametrize("kind", ["bank_statement", "store_flow"])
def test_every_document_has_its_signals(kind: str, tmp_path: Path) -> None:
    signals = signals_of(inspected(material(kind, identity="wholesaler", seed=1).body, tmp_path))

    assert signals.keys() == OF_A_DOCUMENT
    assert signals["failed"] == []


def test_signals_are_json_and_the_same_each_time(report: FileReport) -> None:
    assert json.loads(json.dumps(signals_of(report))) == signals_of(report)


def test_a_report_without_renditions_has_only_the_names_of_what_failed(report: FileReport) -> None:
    assert signals_of(replace(report, renditions=())) == {"failed": ["faces", "blur", "fingerprint", "exif"]}


@pytest.mark.parametrize("body", [b"", b"no picture", b"\xff\xd8\xff\xd9"])
def test_a_rendition_that_cannot_be_read_raises_nothing(report: FileReport, body: bytes) -> None:
    broken = tuple(replace(each, body=body) for each in report.renditions)

    assert signals_of(replace(report, renditions=broken))["failed"] == ["faces", "blur", "fingerprint", "exif"]


def test_one_signal_that_fails_takes_no_other_with_it(report: FileReport) -> None:
    only_large = tuple(each for each in report.renditions if each.purpose == "large")

    signals = signals_of(replace(report, renditions=only_large))

    assert signals.keys() == {"faces", "blur", "failed"}
    assert signals["failed"] == ["fingerprint", "exif"]


@pytest.mark.parametrize("media_type", [None, "", "application/pdf", "text/html"])
def test_a_report_of_no_picture_raises_nothing(report: FileReport, media_type: str | None) -> None:
    assert signals_of(replace(report, media_type=media_type)).keys() == OF_A_DOCUMENT
