"""What a picture's own metadata says of its making. All of it can be forged or lost: absence shows nothing."""

import re
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any, Final

import numpy as np
from PIL import Image

from pipeline.inspection.signals.pixels import grey
from pipeline.inspection.signals.screens import SCREENS

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
        "screenshot": bool(_SHOT.search(software)) or (camera is None and tuple(sorted(size)) in SCREENS),
        "dark_bars": _dark_bars(image),
    }


def _words(value: object) -> str:
    """The tag as one printable line, "" for what is no text."""
    if not isinstance(value, str):
        return ""
    return " ".join("".join(char if char.isprintable() else " " for char in value).split())[:_LONGEST]


def _editor(software: str) -> str | None:
    told = software.lower()
    return next((name for mark, name in _EDITORS if mark in told), None)


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


def _framed(lines: "np.ndarray[Any, np.dtype[np.bool_]]") -> bool:
    """Whether a tenth of the lines at both ends is dark, and not all between."""
    light = np.flatnonzero(~lines)
    if light.size == 0:
        return False
    least = _SHARE * lines.size
    return bool(light[0] >= least and lines.size - 1 - light[-1] >= least)
