import io
from collections.abc import Sequence
from typing import Final

from PIL import Image, ImageDraw

Box = tuple[float, float, float, float]
"""x, y, width and height, in thousandths of the picture's sides from its top left corner."""

_WHOLE: Final = 1000


def warm_up() -> None:
    """Load now what is otherwise loaded at its first use."""
    Image.init()
    out = io.BytesIO()
    Image.new("RGB", (8, 8)).save(out, format="JPEG")
    blackened(out.getvalue(), [(0, 0, 1, 1)], quality=85)


def blackened(body: bytes, boxes: Sequence[Box], *, quality: int) -> bytes:
    """The JPEG again, with every box black to its last pixel. It decodes, so it runs in the children of a `Redactor` only."""
    with Image.open(io.BytesIO(body), formats=["JPEG"]) as opened:
        image = opened.convert("RGB")
    pen = ImageDraw.Draw(image)
    for box in boxes:
        pen.rectangle(_pixels(box, image.size), fill="black")
    image.info = {}
    out = io.BytesIO()
    image.save(out, format="JPEG", quality=quality, subsampling="4:2:0")
    return out.getvalue()


def _pixels(box: Box, size: tuple[int, int]) -> tuple[int, int, int, int]:
    """Outwards to whole pixels: rather a pixel too many than one too few."""
    x, y, wide, high = box
    left, top = int(x * size[0] / _WHOLE), int(y * size[1] / _WHOLE)
    right, bottom = (x + wide) * size[0] / _WHOLE, (y + high) * size[1] / _WHOLE
    return left, top, min(size[0] - 1, int(right) + 1), min(size[1] - 1, int(bottom) + 1)
