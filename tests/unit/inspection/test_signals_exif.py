import io
from typing import Any

import pytest
from PIL import Image, ImageDraw, ImageOps

from pipeline.inspection.signals.exif import exif
from tests.drawings import material
from tests.support.signals import photo, picture

PHONE: dict[str, str | int | bool] = {
    "Make": "Apple",
    "Model": "iPhone 15 Pro",
    "DateTimeOriginal": "2026:08:02 11:24:09",
    "Software": "19.1",
    "GPS": True,
}
PHOTO = (4032, 3024)
SCREEN = (1170, 2532)


def test_a_phones_photo_says_how_it_was_made() -> None:
    assert exif(PHONE, size=PHOTO, image=photo("portrait")) == {
        "edited_by": None,
        "camera": "Apple iPhone 15 Pro",
        "taken_at": "2026-08-02T11:24:09",
        "gps": True,
        "screenshot": False,
        "dark_bars": False,
    }


def test_a_file_without_tags_says_nothing() -> None:
    assert exif({}, size=PHOTO, image=photo("portrait")) == {
        "edited_by": None,
        "camera": None,
        "taken_at": None,
        "gps": False,
        "screenshot": False,
        "dark_bars": False,
    }


@pytest.mark.parametrize(
    ("software", "editor"),
    [
        ("Adobe Photoshop 27.1 (Windows)", "Adobe Photoshop"),
        ("Adobe Photoshop Lightroom Classic 15.0 (Macintosh)", "Adobe Lightroom"),
        ("GIMP 3.0.4", "GIMP"),
        ("Snapseed 2.0", "Snapseed"),
        ("Canva", "Canva"),
        ("Meitu", "Meitu"),
        ("FaceApp", "FaceApp"),
        ("Picsart", "Picsart"),
        ("paint.net 5.1", "Paint.NET"),
        ("19.1", None),
        ("HDR+ 1.0.641377609zd", None),
        ("S928BXXU4BXKQ", None),
        ("Ver.1.02", None),
        ("", None),
    ],
)
def test_an_editor_is_known_by_its_name_and_a_cameras_firmware_is_none(software: str, editor: str | None) -> None:
    assert exif({"Software": software}, size=PHOTO, image=photo("cat"))["edited_by"] == editor


@pytest.mark.parametrize(
    ("make", "model", "camera"),
    [
        ("Canon", "Canon EOS R6", "Canon EOS R6"),
        ("NIKON CORPORATION", "NIKON Z 6", "NIKON Z 6"),
        ("samsung", "SM-S928B", "samsung SM-S928B"),
        ("", "Pixel 9", "Pixel 9"),
        ("Sony", "", "Sony"),
        ("\x00\x01", "", None),
    ],
)
def test_the_camera_is_named_once(make: str, model: str, camera: str | None) -> None:
    assert exif({"Make": make, "Model": model}, size=PHOTO, image=photo("cat"))["camera"] == camera


@pytest.mark.parametrize("written", ["0000:00:00 00:00:00", "yesterday", "2026:13:45 99:00:00", "", "2026-08-02"])
def test_an_impossible_time_is_left_out(written: str) -> None:
    assert exif({"DateTimeOriginal": written}, size=PHOTO, image=photo("cat"))["taken_at"] is None


@pytest.mark.parametrize(
    ("tags", "size", "expected"),
    [
        ({}, SCREEN, True),
        ({}, (2532, 1170), True),
        ({}, (1920, 1080), True),
        (PHONE, SCREEN, False),
        ({}, PHOTO, False),
        ({}, (1600, 1200), False),
        ({"Software": "Android Screenshot"}, (800, 600), True),
        ({"Software": "Greenshot"}, (800, 600), True),
    ],
)
def test_a_screenshot_is_told_by_its_program_or_by_its_sides_without_a_camera(
    tags: dict[str, str | int | bool], size: tuple[int, int], *, expected: bool
) -> None:
    assert exif(tags, size=size, image=photo("cat"))["screenshot"] is expected


@pytest.mark.parametrize("kind", ["store_back_office", "social_media_home"])
def test_the_demos_screenshots_are_told_and_have_no_bars(kind: str) -> None:
    body = material(kind, identity="influencer", seed=1).body
    with Image.open(io.BytesIO(body)) as image:
        found = exif({}, size=image.size, image=picture(body))

    assert (found["screenshot"], found["dark_bars"]) == (True, False)


@pytest.mark.parametrize("kind", ["store_back_office", "social_media_home"])
def test_a_screenshot_shown_full_screen_and_taken_again_has_dark_bars(kind: str) -> None:
    first = picture(material(kind, identity="influencer", seed=1).body)

    assert again(first)["dark_bars"]


@pytest.mark.parametrize("name", ["portrait", "photographer", "cat", "coffee", "rocket", "galaxies", "gravel"])
def test_a_photograph_has_none(name: str) -> None:
    assert not exif({}, size=PHOTO, image=photo(name))["dark_bars"]


def test_a_black_picture_has_none() -> None:
    assert not exif({}, size=PHOTO, image=Image.new("RGB", (64, 64)))["dark_bars"]


def again(first: Image.Image) -> dict[str, Any]:
    """What is told of a phone's screen that shows this picture, its clock on top."""
    screen = ImageOps.pad(first, (585, 1266), color="black")
    ImageDraw.Draw(screen).text((30, 14), "16:42        4G 87 %", fill="white")
    return exif({}, size=SCREEN, image=screen)


@pytest.mark.parametrize(
    "tags", [{"Software": 7, "Make": True, "GPS": "no"}, {"Make": "x" * 10_000, "Model": "\ud800"}]
)
def test_odd_tags_are_no_error(tags: dict[str, str | int | bool]) -> None:
    assert set(exif(tags, size=(0, 0), image=photo("cat"))) > {"edited_by", "camera"}
