"""Files as members would send them, small and quickly made."""

import hashlib
import io
import itertools

import numpy as np
from PIL import Image

from config.policy import load_policy
from pipeline.policy.files import FileLimits

BITS, BLOCK = 24, 8
GREY, LIGHTER = 128, 136
_count = itertools.count()


def photo(*, seed: int | None = None, side: int = 200) -> bytes:
    """A JPEG unlike any other; the same seed gives the same bytes.

    Its number is written into a row of JPEG's blocks, one for each bit: two flat pictures of almost the same colour are the same
    bytes. The picture is still so flat that it has no fingerprint, and looks like no other.
    """
    number = next(_count) if seed is None else 1_000_000 + seed
    image = Image.new("RGB", (side, side), (GREY, GREY, GREY))
    for bit in range(BITS):
        if number >> bit & 1:
            image.paste((LIGHTER, LIGHTER, LIGHTER), (BLOCK * bit, 0, BLOCK * (bit + 1), BLOCK))
    out = io.BytesIO()
    image.save(out, "JPEG", quality=95)
    return out.getvalue()


def noise(size: tuple[int, int], spread: float) -> Image.Image:
    """Grey noise, and always the same: what Pillow makes depends on how much it has made in this process before."""
    width, height = size
    grains = np.random.default_rng(1).normal(128, spread, (height, width))
    return Image.fromarray(grains.clip(0, 255).astype(np.uint8))


def digest(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


def file_limits(**changes: object) -> FileLimits:
    """The shipped limits of a material, with these changes."""
    return FileLimits.model_validate(load_policy().files.material.model_dump() | changes)
