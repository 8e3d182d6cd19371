from typing import Annotated, Final

from pydantic import Field, PositiveInt

from schemas.base import Frozen

PIXEL_CEILING: Final = 2**27
"""No policy may allow more pixels: a picture of this size already takes half a gigabyte when it is opened."""

_RenderedSide = Annotated[int, Field(gt=0, le=8192)]


class Upload(Frozen):
    """Upload slots and how long an original is kept."""

    expires_seconds: PositiveInt
    retention_days: PositiveInt


class FileLimits(Frozen):
    """What a file may be (bytes, pixels, pages) and how its renditions are made (pixels, JPEG quality)."""

    media_types: tuple[str, ...] = Field(min_length=1)
    max_bytes: PositiveInt
    max_pixels: int = Field(gt=0, le=PIXEL_CEILING)
    max_side: PositiveInt
    min_side: PositiveInt
    max_pages: PositiveInt
    large_side: _RenderedSide
    small_side: _RenderedSide
    page_side: _RenderedSide
    quality: int = Field(ge=50, le=95)


class Files(Frozen):
    """Limits by the kind of file (DOMAIN §1)."""

    avatar: FileLimits
    material: FileLimits
