from typing import Final

import numpy as np
from PIL import Image

from pipeline.inspection.signals.pixels import Grey, grey

BANDS: Final = 4
"""The bits are dealt to this many bands in turn, from coarse to fine, so that each band says as much as another."""

_SIDE: Final = 32
_BITS: Final = 64
_WAVES: Final = 12
_FLAT: Final = 2.0


def fingerprint(image: Image.Image) -> str | None:
    """The hash as 16 hexadecimal digits, None for a picture that is almost one flat colour.

    Each bit is the sign of one of the 64 coarsest waves (DCT-II, without the mean) of the picture in 32 by 32: a change of
    brightness, contrast, size or encoding leaves most of them as they are, a mirrored picture is another one.
    """
    small = grey(image.convert("L").resize((_SIDE, _SIDE), Image.Resampling.LANCZOS))
    if small.std() < _FLAT:
        return None
    waves = _BASIS @ small @ _BASIS.T
    bits = "".join("1" if waves[at] > 0 else "0" for at in _ORDER)
    return f"{int(bits, 2):016x}"


def _basis() -> Grey:
    frequency, at = np.arange(_WAVES)[:, None], np.arange(_SIDE)[None, :]
    return np.asarray(np.cos(np.pi * frequency * (2 * at + 1) / (2 * _SIDE)))


def _dealt() -> tuple[tuple[int, int], ...]:
    coarse_first = sorted(
        ((down, across) for down in range(_WAVES) for across in range(_WAVES) if down or across),
        key=lambda at: (sum(at), at),
    )[:_BITS]
    return tuple(at for band in range(BANDS) for at in coarse_first[band::BANDS])


_BASIS: Final = _basis()
_ORDER: Final = _dealt()
