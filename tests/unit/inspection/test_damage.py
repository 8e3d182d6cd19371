import io
from collections.abc import Callable
from typing import Any

import pytest
from PIL import Image, ImageDraw

from pipeline.inspection.report import FileReport
from tests.support.files import file_limits, noise

LIMITS = file_limits(
    media_types=("image/jpeg",), max_bytes=20 * 1024 * 1024, large_side=256, small_side=64, page_side=512, quality=88
)
ENCODINGS: dict[str, dict[str, Any]] = {
    "baseline": {"quality": 88},
    "optimised": {"quality": 80, "optimize": True},
    "full colour": {"quality": 92, "subsampling": "4:4:4"},
    "restarts": {"quality": 88, "restart_marker_rows": 1},
    "short restarts": {"quality": 88, "restart_marker_blocks": 5},
    "progressive": {"quality": 88, "progressive": True},
    "progressive with restarts": {"quality": 88, "progressive": True, "restart_marker_rows": 2},
}
SHARES = [0.1, 0.25, 0.4, 0.5, 0.6, 0.75, 0.9, 0.97]
Inspect = Callable[[bytes], FileReport]


def photo(mode: str = "RGB", **options: Any) -> bytes:
    """Detail above, a smooth ramp below, as a photo of a person before a wall."""
    size = (640, 480)
    image = Image.merge("RGB", [noise(size, 50), Image.linear_gradient("L").resize(size), Image.new("L", size, 80)])
    ImageDraw.Draw(image).rectangle((0, 300, 640, 480), "#ddd")
    out = io.BytesIO()
    image.convert(mode).save(out, "JPEG", **options)
    return out.getvalue()


def blanked(data: bytes, share: float) -> bytes:
    """The same length and the same end marker, but nothing in the rest of the picture data."""
    start = data.index(b"\xff\xda") + 14
    start += int((len(data) - start) * share)
    return data[:start] + bytes(len(data) - 2 - start) + data[-2:]


def codes(report: FileReport) -> set[str]:
    return {found.code for found in report.findings}


@pytest.mark.parametrize("mode", ["RGB", "L", "CMYK"])
@pytest.mark.parametrize("share", SHARES)
@pytest.mark.parametrize("encoding", ENCODINGS)
def test_a_photo_whose_end_was_blanked_is_corrupt(inspect: Inspect, encoding: str, share: float, mode: str) -> None:
    options = {key: value for key, value in ENCODINGS[encoding].items() if mode == "RGB" or key != "subsampling"}

    assert codes(inspect(blanked(photo(mode, **options), share))) == {"corrupt_image"}


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_a_whole_photo_is_accepted_without_a_finding(inspect: Inspect, encoding: str) -> None:
    assert inspect(photo(**ENCODINGS[encoding])).findings == ()


@pytest.mark.parametrize("count", [1, 8, 9, 64, 3000])
@pytest.mark.parametrize("encoding", ["baseline", "optimised", "full colour", "restarts", "short restarts"])
def test_padding_before_the_end_marker_is_not_held_against_a_photo(inspect: Inspect, encoding: str, count: int) -> None:
    data = photo(**ENCODINGS[encoding])

    assert inspect(data[:-2] + bytes(count) + data[-2:]).findings == ()


def test_a_photo_without_its_last_restarts_is_corrupt(inspect: Inspect) -> None:
    data = photo(restart_marker_blocks=5)
    at = data.rindex(b"\xff", 0, len(data) - 3000)

    assert codes(inspect(data[:at] + bytes(100) + b"\xff\xd9")) == {"corrupt_image"}
