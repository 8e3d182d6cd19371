from dataclasses import dataclass
from typing import Annotated, Final, Self

from pydantic import Field, PositiveInt, model_validator

from schemas.base import Frozen

PIXEL_CEILING: Final = 2**27
"""No policy may allow more pixels: a picture of this size already takes half a gigabyte when it is opened."""

_RenderedSide = Annotated[int, Field(gt=0, le=8192)]


@dataclass(frozen=True, slots=True)
class Allowance:
    """How many uploads, and how many bytes of them, may wait for a submission."""

    slots: int
    bytes: int


class Upload(Frozen):
    """Upload slots, how many may wait for a submission and how long, and how long an original is kept."""

    expires_seconds: PositiveInt
    retention_days: PositiveInt
    unused_hours: PositiveInt
    member_slots: PositiveInt
    member_bytes: PositiveInt
    key_slots: PositiveInt
    key_bytes: PositiveInt

    @property
    def of_a_member(self) -> Allowance:
        """What one member's uploads may be, over all sessions."""
        return Allowance(self.member_slots, self.member_bytes)

    @property
    def of_a_key(self) -> Allowance:
        """What the uploads of a service's key may be, for all members together."""
        return Allowance(self.key_slots, self.key_bytes)

    @model_validator(mode="after")
    def _links_expire_before_slots_end(self) -> Self:
        if self.unused_hours * 3600 < 2 * self.expires_seconds:
            raise ValueError("upload.unused_hours: must be at least twice as long as upload.expires_seconds")
        return self


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
