"""The only pictures that anybody is shown: upright, sRGB, opaque, without metadata, JPEG, encoded here."""

import io
from functools import cache, lru_cache
from hashlib import sha256
from typing import Final, Literal

from PIL import Image, ImageCms

from pipeline.inspection.findings import Finding, finding
from pipeline.inspection.metadata import Metadata
from pipeline.inspection.report import Rendition
from pipeline.policy.files import FileLimits

_TURNS: Final = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_SPARE: Final = 1.25
"""Pixels are averaged in whole blocks, which is quick, down to this much above the size that is wanted."""

_MODE_OF: Final = {"RGB": "RGB", "GRAY": "L", "CMYK": "CMYK"}


def render_picture(image: Image.Image, metadata: Metadata, limits: FileLimits) -> tuple[list[Rendition], list[Finding]]:
    """Make a large and a small rendition, never larger than the picture; a profile that is no use is a finding."""
    # Turning and colours come after shrinking: they then touch a fraction of the pixels.
    coloured, findings = _coloured(fit(_filterable(image), limits.large_side), metadata.profile)
    turn = _TURNS.get(metadata.orientation)
    large = coloured if turn is None else coloured.transpose(turn)
    return [encode(large, limits), encode(large, limits, purpose="small")], findings


def encode(
    image: Image.Image, limits: FileLimits, *, purpose: Literal["large", "small"] = "large", page: int = 1
) -> Rendition:
    """Encode this RGB picture as a JPEG; the same pixels and limits give the same bytes. A small one is shrunk first.

    What the given picture carries beside its pixels is dropped.
    """
    shown = fit(image, limits.small_side) if purpose == "small" else image
    shown.info = {}  # a profile or a comment kept here would be written into the file
    out = io.BytesIO()
    shown.save(out, format="JPEG", quality=limits.quality, subsampling="4:2:0")
    body = out.getvalue()
    return Rendition(purpose, page, "image/jpeg", *shown.size, body, sha256(body).hexdigest())


def fit(image: Image.Image, side: int) -> Image.Image:
    """Shrink the picture so that its longer side is at most `side` pixels, its shape kept; a small one is given back."""
    scale = side / max(image.size)
    if scale >= 1:
        return image
    width, height = (max(1, round(length * scale)) for length in image.size)
    return image.resize((width, height), Image.Resampling.HAMMING, reducing_gap=_SPARE)


def _filterable(image: Image.Image) -> Image.Image:
    """Bring the picture into a mode whose pixels can be averaged: 8 bits, no palette, transparency as a channel."""
    if image.mode.startswith("I"):
        # Pillow's own conversion would clip to the lowest 8 bits instead of keeping the highest.
        return image.point(lambda value: value * (1 / 256)).convert("L")
    if image.has_transparency_data:
        return _in_mode(image, "LA" if image.mode in {"1", "L", "LA"} else "RGBA")
    return _in_mode(image, {"1": "L", "P": "RGB"}.get(image.mode, image.mode))


def _in_mode(image: Image.Image, mode: str) -> Image.Image:
    """The same picture if it is in that mode already: Pillow's own conversion would copy it."""
    return image if image.mode == mode else image.convert(mode)


def _coloured(image: Image.Image, profile: bytes | None) -> tuple[Image.Image, list[Finding]]:
    """Bring the pixels to sRGB, over white. A profile that is broken or is for other pixels is left out."""
    opacity, findings = None, []
    if image.mode == "RGBX":
        image = image.convert("RGB")
    if image.mode in {"LA", "RGBA"}:
        opacity = image.getchannel("A")
        image = image.convert(image.mode.removesuffix("A"))
    try:
        flat = _through_profile(image, profile) if profile else _in_mode(image, "RGB")
    except (ImageCms.PyCMSError, ValueError, OSError):
        findings.append(finding("bad_colour_profile"))
        flat = image.convert("RGB")
    if opacity is not None:
        flat = Image.composite(flat, Image.new("RGB", flat.size, "white"), opacity)
    return flat, findings


def _through_profile(image: Image.Image, profile: bytes) -> Image.Image:
    """Convert the pixels from an embedded profile. Raises PyCMSError or ValueError when it does not fit them."""
    mode, transform = _transform(profile)
    if (image.mode, mode) == ("L", "RGB"):
        image = image.convert("RGB")  # a grey picture may carry the profile of the screen that it was made on
    if image.mode != mode:
        raise ValueError(f"a profile for {mode or 'other'} pixels in a picture of {image.mode}")
    return transform.apply(image)


@lru_cache(maxsize=16)
def _transform(profile: bytes) -> tuple[str, ImageCms.ImageCmsTransform]:
    """The mode of the pixels that this profile is for, and the way from them to sRGB; cameras share a few profiles."""
    source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
    mode = _MODE_OF.get(source.profile.xcolor_space.strip(), "")
    return mode, ImageCms.ImageCmsTransform(source, _srgb(), mode, "RGB")


@cache
def _srgb() -> ImageCms.ImageCmsProfile:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
