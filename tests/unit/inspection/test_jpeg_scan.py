import io
import struct
import time
from typing import Any

import pytest

from pipeline.inspection.jpeg_scan import MAX_SCANS, MAX_SEGMENTS, read_jpeg
from tests.support.files import noise


def jpeg(size: tuple[int, int] = (64, 48), mode: str = "RGB", **options: Any) -> bytes:
    out = io.BytesIO()
    noise(size, 60).convert(mode).save(out, "JPEG", **options)
    return out.getvalue()


def segment(marker: int, body: bytes) -> bytes:
    return bytes([0xFF, marker]) + struct.pack(">H", len(body) + 2) + body


def patched(data: bytes, offset: int, value: bytes) -> bytes:
    """The same with other bytes this far behind the frame's marker."""
    at = data.index(b"\xff\xc0") + offset
    return data[:at] + value + data[at + len(value) :]


GOOD = jpeg()
FRAME = GOOD[GOOD.index(b"\xff\xc0") :][:19]
SCAN = GOOD[GOOD.index(b"\xff\xda") :][:14]


@pytest.mark.parametrize(
    ("data", "fault"),
    [
        (GOOD, None),
        (jpeg(progressive=True), None),
        (jpeg(mode="L"), None),
        (jpeg(mode="CMYK"), None),
        (GOOD[:20] + b"stray" + GOOD[20:], None),
        (GOOD[:20] + b"\xff\xff\xff" + GOOD[20:], None),
        (GOOD[:20] + b"\xff\x00\xff\xd3\xff\x01\xff\x55" + GOOD[20:], None),
        (GOOD + bytes(5000), None),
        (GOOD + GOOD, None),
        (GOOD[:20] + segment(0xE1, b"Exif\0\0" + GOOD) + GOOD[20:], None),
        (GOOD[:-1], "truncated_image"),
        (GOOD[:-2], "truncated_image"),
        (GOOD[:-2] + b"\xff\xd8", "truncated_image"),
        (GOOD[:30], "truncated_image"),
        (b"\xff\xd8\xff", "truncated_image"),
        (b"\xff\xd8\xff\xe0", "truncated_image"),
        (b"\xff\xd8\xff\xe0\xff\xff", "truncated_image"),
        (b"\xff\xd8\xff\xe0\x00\x01\xff\xd9", "corrupt_image"),
        (b"\xff\xd8\xff\xd9", "corrupt_image"),
        (b"\xff\xd8" + SCAN + b"\xff\xd9", "corrupt_image"),
        (b"\xff\xd8" + FRAME + b"\xff\xd9", "corrupt_image"),
        (b"\xff\xd8" + segment(0xC0, b"\x08\0\x08") + b"\xff\xd9", "corrupt_image"),
        (patched(GOOD, 5, b"\0\0"), "corrupt_image"),
        (patched(GOOD, 7, b"\0\0"), "corrupt_image"),
        (GOOD.replace(SCAN, b"\xff\xda\x00\x0b" + SCAN[4:]), "corrupt_image"),
        (patched(GOOD, 4, b"\x0c"), "unsupported_jpeg_variant"),
        (patched(GOOD, 9, b"\x02"), "unsupported_jpeg_variant"),
        (patched(GOOD, 1, b"\xc3"), "unsupported_jpeg_variant"),
        (patched(GOOD, 1, b"\xc5"), "unsupported_jpeg_variant"),
        (patched(GOOD, 1, b"\xc9"), "unsupported_jpeg_variant"),
        (GOOD.replace(FRAME, FRAME * 2), "unsupported_jpeg_variant"),
        (GOOD[:-2] + FRAME + b"\xff\xd9", "unsupported_jpeg_variant"),
        (GOOD[:-2] + SCAN * (MAX_SCANS - 1) + b"\xff\xd9", None),
        (GOOD[:-2] + SCAN * MAX_SCANS + b"\xff\xd9", "too_complex"),
        (patched(GOOD[:-2] + SCAN * 30 + b"\xff\xd9", 5, struct.pack(">HH", 7000, 7000)), "too_complex"),
        (GOOD[:20] + segment(0xFE, b"") * MAX_SEGMENTS + GOOD[20:], "too_complex"),
        (GOOD[:20] + segment(0xFE, b"") * 900 + GOOD[20:], None),
    ],
)
def test_the_structure_of_a_jpeg_is_judged_without_a_decoder(data: bytes, fault: str | None) -> None:
    assert read_jpeg(data).fault == fault


def test_the_size_is_that_of_the_picture_not_of_the_preview_in_its_exif_block() -> None:
    header = read_jpeg(GOOD[:20] + segment(0xE1, b"Exif\0\0" + jpeg((16, 8))) + GOOD[20:])

    assert (header.width, header.height, header.components) == (64, 48, 3)


def test_every_segment_is_told_from_the_first_to_the_end_marker() -> None:
    segments = read_jpeg(GOOD + b"trailer").segments

    assert [each.marker for each in segments] == [0xE0, 0xDB, 0xDB, 0xC0, 0xC4, 0xC4, 0xC4, 0xC4, 0xDA, 0xD9]
    assert segments[-1].end == len(GOOD)


@pytest.mark.parametrize(
    "filler",
    [b"\xff", b"\xff\x00", b"\xff\xd0", b"\xff\x01", b"\xff\xfe", b"\xff\xe0\x00\x02", b"PK\x03\x04", b"<img "],
)
def test_megabytes_of_anything_are_read_in_good_time(filler: bytes) -> None:
    data = GOOD[:-2] + filler * (4 * 1024 * 1024 // len(filler)) + b"\xff\xd9" + filler * (1024 * 1024 // len(filler))
    start = time.thread_time()  # of this thread alone, whatever else the machine does

    read_jpeg(data)

    assert time.thread_time() - start < 1
