"""Files as members would send them, small and quickly made."""

import hashlib
import io
import itertools

from PIL import Image

from config.policy import load_policy
from pipeline.policy.files import FileLimits

_count = itertools.count()
_FAR_APART = 0x9E3779
"""Colours that differ by one in a channel are the same in a JPEG; these differ by more."""


def photo(*, seed: int | None = None, side: int = 200) -> bytes:
    """A JPEG unlike the ones before it; the same seed gives the same bytes."""
    number = (next(_count) if seed is None else 1_000_000 + seed) * _FAR_APART
    image = Image.new("RGB", (side, side), (number % 256, number // 256 % 256, number // 65_536 % 256))
    image.putpixel((0, 0), (255, number % 256, 0))
    out = io.BytesIO()
    image.save(out, "JPEG", quality=95)
    return out.getvalue()


def digest(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


def file_limits(**changes: object) -> FileLimits:
    """The shipped limits of a material, with these changes."""
    return FileLimits.model_validate(load_policy().files.material.model_dump() | changes)
