"""A flat picture seen at an angle."""

from PIL import Image

Point = tuple[float, float]
Corners = tuple[Point, Point, Point, Point]
"""Points for the north-west, south-west, south-east and north-east corner."""


def seen_from(flat: Image.Image, size: tuple[int, int], corners: Corners) -> Image.Image:
    """Make an image of `size` whose corners show what lies at `corners` of the flat one, in true perspective."""
    return flat.transform(size, Image.Transform.PERSPECTIVE, _plane(size, corners), Image.Resampling.BICUBIC)


def _plane(size: tuple[int, int], corners: Corners) -> tuple[float, ...]:
    """Find the eight coefficients of the projection that maps a rectangle of `size` onto the four corners."""
    (x0, y0), (x3, y3), (x2, y2), (x1, y1) = corners
    dx1, dx2, sx = x1 - x2, x3 - x2, x0 - x1 + x2 - x3
    dy1, dy2, sy = y1 - y2, y3 - y2, y0 - y1 + y2 - y3
    area = dx1 * dy2 - dx2 * dy1
    g, h = (sx * dy2 - dx2 * sy) / area, (dx1 * sy - sx * dy1) / area
    width, height = size
    first = ((x1 - x0 + g * x1) / width, (x3 - x0 + h * x3) / height, x0)
    second = ((y1 - y0 + g * y1) / width, (y3 - y0 + h * y3) / height, y0)
    return (*first, *second, g / width, h / height)
