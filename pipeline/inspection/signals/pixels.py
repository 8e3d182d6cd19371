import io
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from pipeline.inspection.report import FileReport

Grey = NDArray[np.float64]

_ENOUGH: Final = 512
"""No signal needs more pixels on a side, so a larger JPEG is decoded at a fraction of its own."""


class NothingToSeeError(LookupError):
    """The report has no rendition of its first page."""


class FirstPage:
    """The renditions of a report's first page as RGB pixels, each decoded once, with sides of 512 pixels or a little more."""

    def __init__(self, report: FileReport) -> None:
        self._renditions = report.renditions

    @cached_property
    def large(self) -> Image.Image:
        """Raises NothingToSeeError."""
        return self._decode("large")

    @cached_property
    def small(self) -> Image.Image:
        """Raises NothingToSeeError."""
        return self._decode("small")

    def _decode(self, purpose: str) -> Image.Image:
        for rendition in self._renditions:
            if (rendition.purpose, rendition.page) == (purpose, 1):
                with Image.open(io.BytesIO(rendition.body), formats=["JPEG"]) as image:
                    image.draft("RGB", (_ENOUGH, _ENOUGH))
                    return image.convert("RGB")
        raise NothingToSeeError(f"no {purpose} rendition of the first page")


def shrunk(image: Image.Image, side: int, resampling: Image.Resampling = Image.Resampling.LANCZOS) -> Image.Image:
    """The picture with its longer side at most `side` pixels, its shape kept, never enlarged."""
    copy = image.copy()
    copy.thumbnail((side, side), resampling)
    return copy


def grey(image: Image.Image) -> Grey:
    """Luminance, 0 to 255, rows first."""
    return np.asarray(image.convert("L"), dtype=np.float64)
