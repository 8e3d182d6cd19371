import io
from collections.abc import Callable

import pytest
from PIL import Image

from pipeline.inspection.report import FileReport
from tests.support.files import file_limits

LIMITS = file_limits(
    media_types=("image/jpeg", "image/png", "image/webp"),
    max_bytes=20 * 1024 * 1024,
    large_side=256,
    small_side=64,
    page_side=512,
    quality=88,
)
Inspect = Callable[[bytes], FileReport]


def encoded(exif: Image.Exif, form: str = "JPEG") -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (32, 24), "teal").save(out, form, exif=exif)
    return out.getvalue()


def notes() -> Image.Exif:
    exif = Image.Exif()
    exif[0x010F], exif[0x0110], exif[0x0131], exif[0x0112] = "Acme", "Cam 3", "Editor 9", 3
    exif.get_ifd(0x8769)[0x9003] = "2026:01:02 03:04:05"
    exif.get_ifd(0x8825)[2] = (59.0, 26.0, 0.0)
    exif[0x013B] = "A. Person"
    return exif


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
def test_only_harmless_facts_are_kept_and_of_the_place_only_that_there_is_one(inspect: Inspect, form: str) -> None:
    assert inspect(encoded(notes(), form)).exif == {
        "Make": "Acme",
        "Model": "Cam 3",
        "Software": "Editor 9",
        "DateTimeOriginal": "2026:01:02 03:04:05",
        "Orientation": 3,
        "GPS": True,
    }


def test_a_long_or_odd_text_is_cut_and_cleaned(inspect: Inspect) -> None:
    exif = Image.Exif()
    exif[0x0131] = "x\n\x1b" + "y" * 500

    assert inspect(encoded(exif)).exif == {"Software": "x" + "y" * 99, "GPS": False}


def test_an_orientation_that_does_not_exist_is_none(inspect: Inspect) -> None:
    exif = Image.Exif()
    exif[0x0112] = 77

    report = inspect(encoded(exif))

    assert report.exif == {"GPS": False}
    assert (report.renditions[0].width, report.renditions[0].height) == (32, 24)


def test_a_picture_without_notes_has_no_facts(inspect: Inspect) -> None:
    out = io.BytesIO()
    Image.new("RGB", (32, 24)).save(out, "JPEG")

    assert inspect(out.getvalue()).exif == {}
