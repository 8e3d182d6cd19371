"""What a picture's metadata says of how it was made. All of it can be forged or lost, so absence shows nothing."""

import re
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from pipeline.inspection.signals.pixels import grey

_LONGEST: Final = 80
_EDITORS: Final = (
    ("lightroom", "Adobe Lightroom"),
    ("photoshop", "Adobe Photoshop"),
    ("adobe", "Adobe"),
    ("gimp", "GIMP"),
    ("snapseed", "Snapseed"),
    ("canva", "Canva"),
    ("meitu", "Meitu"),
    ("beautyplus", "BeautyPlus"),
    ("facetune", "Facetune"),
    ("faceapp", "FaceApp"),
    ("picsart", "Picsart"),
    ("pixelmator", "Pixelmator"),
    ("affinity", "Affinity Photo"),
    ("capture one", "Capture One"),
    ("darktable", "darktable"),
    ("rawtherapee", "RawTherapee"),
    ("photoscape", "PhotoScape"),
    ("paint.net", "Paint.NET"),
    ("paint shop", "PaintShop Pro"),
    ("paintshop", "PaintShop Pro"),
    ("polarr", "Polarr"),
    ("vsco", "VSCO"),
    ("picasa", "Picasa"),
    ("pixlr", "Pixlr"),
    ("photopea", "Photopea"),
    ("fotor", "Fotor"),
    ("imagemagick", "ImageMagick"),
    ("krita", "Krita"),
    ("inkscape", "Inkscape"),
    ("coreldraw", "CorelDRAW"),
    ("photodirector", "PhotoDirector"),
    ("remini", "Remini"),
    ("midjourney", "Midjourney"),
    ("stable diffusion", "Stable Diffusion"),
)
_SHOT: Final = re.compile(
    r"screen ?(shot|capture|grab)|snipping|greenshot|sharex|flameshot|lightshot|snagit", re.IGNORECASE
)
# The sides of screens that many people have, the shorter first. Those that cameras use for photographs (4:3 and 3:2) are left out.
_PHONES: Final = (
    (640, 1136), (720, 1520), (720, 1560), (720, 1600), (720, 1612), (750, 1334), (828, 1792), (1080, 1920),
    (1080, 2160), (1080, 2220), (1080, 2280), (1080, 2316), (1080, 2340), (1080, 2376), (1080, 2400), (1080, 2408),
    (1080, 2412), (1080, 2424), (1080, 2460), (1125, 2436), (1170, 2532), (1179, 2556), (1206, 2622), (1220, 2712),
    (1242, 2208), (1242, 2688), (1260, 2800), (1280, 2856), (1284, 2778), (1290, 2796), (1320, 2868), (1344, 2992),
    (1440, 2560), (1440, 2960), (1440, 3040), (1440, 3088), (1440, 3120), (1440, 3200),
)  # fmt: skip
_TABLETS: Final = (
    (800, 1280), (1200, 1920), (1200, 2000), (1488, 2266), (1600, 2560), (1640, 2360), (1668, 2388), (1752, 2800),
)  # fmt: skip
_DESKTOPS: Final = (
    (768, 1366), (864, 1536), (900, 1440), (1050, 1680), (1080, 2560), (1440, 3440), (1600, 2880), (1664, 2560), (1800, 2880),
    (1864, 2880), (1964, 3024), (2160, 3840), (2234, 3456), (2880, 5120),
)  # fmt: skip
_SCREENS: Final = frozenset(_PHONES + _TABLETS + _DESKTOPS)
_DARK: Final = 24
_MOSTLY: Final = 0.85
_SHARE: Final = 0.1


def exif(tags: Mapping[str, str | int | bool], *, size: tuple[int, int], image: Image.Image) -> dict[str, Any]:
    """What the tags and the size, in pixels as stored, say; `image` is the small rendition.

    - `edited_by`: the editor that wrote it last, `camera`: make and model, each None where nothing says so;
    - `taken_at`: the camera's own local time in ISO 8601, None if unknown or impossible; `gps`: whether a place is given;
    - `screenshot`: a program says so, or there is no camera and the sides are those of a screen;
    - `dark_bars`: dark bars on two opposite sides, as in a screenshot of a picture that is shown full screen.
    """
    software, camera = _words(tags.get("Software")), _camera(tags)
    return {
        "edited_by": _editor(software),
        "camera": camera,
        "taken_at": _moment(_words(tags.get("DateTimeOriginal"))),
        "gps": bool(tags.get("GPS", False)),
        "screenshot": bool(_SHOT.search(software)) or (camera is None and tuple(sorted(size)) in _SCREENS),
        "dark_bars": _dark_bars(image),
    }


def _words(value: object) -> str:
    """The tag as one printable line, "" for what is no text."""
    if not isinstance(value, str):
        return ""
    return " ".join("".join(char if char.isprintable() else " " for char in value).split())[:_LONGEST]


def _editor(software: str) -> str | None:
    written = software.lower()
    return next((name for mark, name in _EDITORS if mark in written), None)


def _camera(tags: Mapping[str, str | int | bool]) -> str | None:
    make, model = _words(tags.get("Make")), _words(tags.get("Model"))
    if make and model.lower().startswith(make.split()[0].lower()):
        make = ""  # "Canon" and "Canon EOS 5D": many makers say their name twice
    return f"{make} {model}".strip() or None


def _moment(written: str) -> str | None:
    with suppress(ValueError):
        return datetime.strptime(written, "%Y:%m:%d %H:%M:%S").isoformat()  # noqa: DTZ007  # EXIF knows no time zone
    return None


def _dark_bars(image: Image.Image) -> bool:
    dark = grey(image) < _DARK
    return any(_framed(dark.mean(axis=axis) >= _MOSTLY) for axis in (0, 1))


def _framed(lines: NDArray[np.bool_]) -> bool:
    """Whether a tenth of the lines at both ends is dark, and not all between."""
    light = np.flatnonzero(~lines)
    if light.size == 0:
        return False
    least = _SHARE * lines.size
    return bool(light[0] >= least and lines.size - 1 - light[-1] >= least)
