import hashlib
import io
import json
import warnings
from collections.abc import Callable
from pathlib import Path
from string import Formatter

import pytest
from PIL import Image

from pipeline.inspection.file import inspect_file
from pipeline.inspection.findings import CODES, Severity, finding
from pipeline.inspection.report import FileReport
from pipeline.inspection.rules import verdict
from pipeline.inspection.sniff import sniff
from pipeline.policy.files import FileLimits
from tests.support.files import file_limits

AVATAR = file_limits(
    media_types=("image/jpeg",), max_bytes=3 * 1024 * 1024, large_side=512, small_side=128, page_side=512, quality=88
)
MATERIAL = AVATAR.model_copy(
    update={"media_types": ("image/jpeg", "image/png", "image/webp", "application/pdf"), "max_bytes": 20 * 1024 * 1024}
)


def encoded(form: str) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (64, 48), "teal").save(out, form)
    return out.getvalue()


@pytest.fixture
def inspect(tmp_path: Path) -> Callable[..., FileReport]:
    def run(data: bytes, limits: FileLimits = AVATAR, **claims: str) -> FileReport:
        path = tmp_path / "upload"
        path.write_bytes(data)
        return inspect_file(path, limits=limits, **claims)

    return run


def codes(report: FileReport) -> set[str]:
    return {found.code for found in report.findings}


def test_a_good_jpeg_is_accepted_with_its_size_hash_and_renditions(inspect: Callable[..., FileReport]) -> None:
    data = encoded("JPEG")

    report = inspect(data, declared_type="image/jpeg", filename="me.jpg")

    assert report.accepted
    assert report.findings == ()
    assert (report.size, report.sha256) == (len(data), hashlib.sha256(data).hexdigest())
    assert (report.media_type, report.width, report.height, report.pages) == ("image/jpeg", 64, 48, None)
    assert [(each.purpose, each.page) for each in report.renditions] == [("large", 1), ("small", 1)]


def test_an_empty_file_is_refused_and_nothing_else_is_said(inspect: Callable[..., FileReport]) -> None:
    report = inspect(b"", declared_type="image/png", filename="me.png")

    assert codes(report) == {"empty_file"}
    assert (report.size, report.media_type) == (0, None)


def test_a_file_of_exactly_the_limit_is_accepted(inspect: Callable[..., FileReport]) -> None:
    data = encoded("JPEG").ljust(3 * 1024 * 1024, b"\0")

    assert inspect(data).accepted


def test_a_file_one_byte_over_the_limit_is_refused_with_a_size_over_the_limit(
    inspect: Callable[..., FileReport],
) -> None:
    report = inspect(encoded("JPEG").ljust(3 * 1024 * 1024 + 1, b"\0"))

    assert codes(report) == {"file_too_large"}
    assert "The file is 3.1 MB; it may be at most 3 MB." in report.findings[0].message


def test_the_hash_and_size_of_a_file_far_over_the_limit_are_those_of_the_whole(
    inspect: Callable[..., FileReport],
) -> None:
    data = encoded("JPEG") * 20
    tight = AVATAR.model_copy(update={"max_bytes": 1000})

    report = inspect(data, tight)

    assert (report.size, report.sha256) == (len(data), hashlib.sha256(data).hexdigest())


def test_all_that_is_wrong_is_said_at_once(inspect: Callable[..., FileReport]) -> None:
    data = encoded("PNG").ljust(3 * 1024 * 1024 + 1, b"\0")

    assert codes(inspect(data, filename="me.jpg")) == {"file_too_large", "unsupported_type", "type_mismatch"}


def test_a_png_named_jpg_is_refused_as_an_avatar_and_the_sentence_says_what_it_is(
    inspect: Callable[..., FileReport],
) -> None:
    report = inspect(encoded("PNG"), declared_type="image/jpeg", filename="me.jpg")

    assert codes(report) == {"unsupported_type", "type_mismatch"}
    assert report.media_type == "image/png"
    assert "This is a PNG picture" in report.findings[0].message
    assert report.renditions == ()


def test_a_jpeg_named_png_is_accepted_by_its_content_with_a_warning(inspect: Callable[..., FileReport]) -> None:
    report = inspect(encoded("JPEG"), declared_type="image/png", filename="me.png")

    assert report.accepted
    assert codes(report) == {"type_mismatch"}
    assert report.media_type == "image/jpeg"


@pytest.mark.parametrize("declared", ["image/jpg", "image/pjpeg", "IMAGE/JPEG; charset=x", "application/octet-stream"])
@pytest.mark.parametrize("filename", ["a.jpg", "a.JPEG", "a.jpe", "a.jfif", "photo", "a.tmp"])
def test_other_spellings_of_jpeg_are_no_mismatch(
    inspect: Callable[..., FileReport], declared: str, filename: str
) -> None:
    assert inspect(encoded("JPEG"), declared_type=declared, filename=filename).findings == ()


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
def test_every_picture_format_of_a_material_is_accepted(inspect: Callable[..., FileReport], form: str) -> None:
    assert inspect(encoded(form), MATERIAL).accepted


@pytest.mark.parametrize(
    ("head", "media_type"),
    [
        (b"GIF89a", "image/gif"),
        (b"\0\0\0\x18ftypheic\0\0", "image/heic"),
        (b"\0\0\0\x18ftypavif\0\0", "image/avif"),
        (b"\0\0\0\x18ftypisom\0\0", "video/mp4"),
        (b"II*\0", "image/tiff"),
        (b"MM\0*", "image/tiff"),
        (b"BM\0\0", "image/bmp"),
        (b"PK\x03\x04", "application/zip"),
        (b"MZ\x90", "application/x-executable"),
        (b"\x7fELF", "application/x-executable"),
        (b"\xef\xbb\xbf\n <!DOCTYPE html>", "text/html"),
        (b"<html>%PDF-1.7", "text/html"),
        (b"<?xml version='1.0'?><svg/>", "image/svg+xml"),
        (b"\n\n%PDF-1.4", "application/pdf"),
        (b"hello", None),
        (b"\0" * 2000, None),
        (b"\xff\xd8", None),
    ],
)
def test_a_type_is_told_by_content(head: bytes, media_type: str | None) -> None:
    assert sniff(head).media_type == media_type


def test_garbage_named_pdf_is_of_an_unsupported_type(inspect: Callable[..., FileReport]) -> None:
    assert codes(inspect(b"not a pdf at all" * 50, MATERIAL, filename="licence.pdf")) == {"unsupported_type"}


@pytest.mark.parametrize("code", CODES)
def test_every_sentence_can_be_filled_and_every_finding_is_json(code: str) -> None:
    words = {"found": "a PNG picture", "allowed": "a JPEG picture", "claimed": "image/jpeg"}
    values = {
        name: words.get(name, ["a", "b"] if spec == "and" else 7)
        for _, name, spec, _ in Formatter().parse(CODES[code].sentence)
        if name
    }

    made = finding(code, **values)

    assert made.message.endswith(".")
    assert "{" not in made.message
    assert json.loads(json.dumps(dict(made.detail))) == made.detail


def test_a_warning_refuses_nothing_and_an_error_does() -> None:
    assert verdict([finding("bad_colour_profile")])
    assert not verdict([finding("bad_colour_profile"), finding("empty_file")])
    assert finding("bad_colour_profile").severity is Severity.WARNING


def test_warnings_are_treated_as_before_once_an_inspection_is_over(inspect: Callable[..., FileReport]) -> None:
    before = list(warnings.filters)

    inspect(encoded("JPEG"))

    assert warnings.filters == before


def test_a_path_that_cannot_be_read_is_an_error_of_ours(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        inspect_file(tmp_path / "absent", limits=AVATAR)
