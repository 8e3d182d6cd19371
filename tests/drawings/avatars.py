"""Photographs as members upload them for their avatars."""

from collections.abc import Callable
from functools import cache
from typing import Final

from PIL import Image, ImageOps

from cli.demo.demo_file import DemoFile
from tests.drawings.camera import grain, jpeg, phone_exif
from tests.drawings.chance import chance
from tests.drawings.photographs import photograph

_ORIENTATION: Final = 274
_TURN_RIGHT: Final = 6
_GPS: Final = 0x8825
_HAMBURG: Final = {1: "N", 2: (53.0, 32.0, 41.6), 3: "E", 4: (9.0, 59.0, 3.1)}


def avatar_photo(name: str) -> DemoFile:
    """One of `AVATARS`: a JPEG of at most 3 MiB."""
    return DemoFile(f"{name}.jpg", "image/jpeg", _AVATARS[name]())


def enlarged(width: int, *, quality: int) -> bytes:
    """Enlarge the portrait to a square JPEG of `width` pixels, as grainy as from a good camera: a large file."""
    image = _cut((40, 0, 452, 412), width)
    return jpeg(grain(image, chance("enlarged", width), 7), quality=quality, exif=phone_exif("Fairway F5", _TAKEN))


_TAKEN: Final = "2026:08:02 11:24:09"


def _cut(area: tuple[int, int, int, int], width: int, of: str = "portrait") -> Image.Image:
    part = photograph(of).crop(area)
    height = round(width * part.height / part.width)
    return part.resize((width, height), Image.Resampling.LANCZOS)


def _portrait() -> bytes:
    return jpeg(_cut((56, 0, 400, 344), 800), quality=88)


def _close_up() -> bytes:
    return jpeg(_cut((132, 6, 322, 196), 512), quality=90)


def _half_body_mirrored() -> bytes:
    return jpeg(ImageOps.mirror(_cut((0, 0, 400, 500), 960)), quality=82)


def _large() -> bytes:
    return enlarged(2400, quality=93)


def _sideways_with_gps() -> bytes:
    """Store it lying on its side, with EXIF that says so and where it was taken."""
    exif = phone_exif("Fairway F5", _TAKEN)
    exif[_ORIENTATION] = _TURN_RIGHT
    exif.get_ifd(_GPS).update(_HAMBURG)
    lying = _cut((40, 0, 425, 512), 900).transpose(Image.Transpose.ROTATE_90)
    return jpeg(lying, quality=86, exif=exif)


def _progressive() -> bytes:
    return jpeg(_cut((90, 0, 360, 270), 720), quality=84, progressive=True)


def _greyscale() -> bytes:
    return jpeg(_cut((100, 40, 400, 340), 640, of="photographer"), quality=87)


def _cat() -> bytes:
    """Not a person at all: a reviewer turns it down."""
    return jpeg(_cut((0, 0, 300, 300), 600, of="cat"), quality=85)


_AVATARS: Final[dict[str, Callable[[], bytes]]] = {
    "portrait": _portrait,
    "close_up": _close_up,
    "half_body_mirrored": _half_body_mirrored,
    "large": cache(_large),
    "sideways_with_gps": _sideways_with_gps,
    "progressive": _progressive,
    "greyscale": _greyscale,
    "cat": _cat,
}
AVATARS: Final = tuple(_AVATARS)
