"""What a file may be, as the policy says it."""

from pydantic import Field, PositiveInt

from schemas.base import Frozen


class Upload(Frozen):
    """Upload slots and how long an original is kept."""

    expires_seconds: PositiveInt
    retention_days: PositiveInt


class FileLimits(Frozen):
    """What a file may be (bytes, pixels, pages) and how its renditions are made (pixels, JPEG quality)."""

    media_types: tuple[str, ...] = Field(min_length=1)
    max_bytes: PositiveInt
    large_side: int = Field(gt=0, le=8192)
    small_side: int = Field(gt=0, le=8192)
    page_side: int = Field(gt=0, le=8192)
    quality: int = Field(ge=50, le=95)
    max_pixels: int = Field(default=50_000_000, gt=0, le=2**27)
    max_side: PositiveInt = 16_384
    max_pages: PositiveInt = 50


class Files(Frozen):
    """Limits by the kind of file (DOMAIN §1)."""

    avatar: FileLimits
    material: FileLimits
