import struct
from collections.abc import Iterator
from typing import Final

import pi_heif
from PIL import Image

from pipeline.inspection.embedded_content import find_embedded_in
from pipeline.inspection.metadata import Metadata, read_metadata
from pipeline.inspection.sniff import Header

MAX_BOXES: Final = 1000
_LONG: Final = 1
_TO_THE_END: Final = 0
_HEAD: Final = 8
_PIXELS: Final = b"mdat"
_BLANK: Final = bytes(512)
"""HEVC never has three zeros in a row, so this many at the end were picture data once; the decoder would not report it."""

# Threads of its own would escape the count of a child's threads, and one picture at a time has nothing to gain by them.
pi_heif.options.DECODE_THREADS = 1
# Only the picture itself is inspected; what lies beside it is not even opened.
pi_heif.options.THUMBNAILS = pi_heif.options.DEPTH_IMAGES = pi_heif.options.AUX_IMAGES = False


def read_heic(data: bytes) -> Header:
    """The sides as shown, what is wrong with the structure and what is embedded. No pixel is decoded."""
    boxes = list(_boxes(data))
    embedded = find_embedded_in(data, ((start, end) for name, start, end in boxes if name != _PIXELS))
    if len(boxes) > MAX_BOXES:
        return Header(fault="too_complex", embedded=embedded)
    if not boxes or boxes[-1][2] > len(data):
        return Header(fault="truncated_image", embedded=embedded)
    if any(name == _PIXELS and data.endswith(_BLANK, 0, end) for name, _, end in boxes):
        return Header(fault="corrupt_image", embedded=embedded)
    try:
        file = pi_heif.open_heif(data)
        width, height = file.size
    except Exception:  # noqa: BLE001  # libheif's errors come as many kinds of exception, each a finding on the file
        return Header(fault="corrupt_image", embedded=embedded)
    return Header(width, height, "multi_frame" if len(file) > 1 else None, embedded)


def decode_heic(data: bytes) -> tuple[Image.Image, Metadata]:
    """Decode the picture, upright, as libheif turns it. Raises what libheif's binding raises."""
    file = pi_heif.open_heif(data, convert_hdr_to_8bit=True)
    info = file.info
    upright = read_metadata(info.get("exif"), info.get("icc_profile")).upright()
    image: Image.Image = file.to_pillow()
    return image, upright


def _boxes(data: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Yield each box's name, start and end, which may be past the file's; at most one more than is allowed."""
    at, count = 0, 0
    while at + _HEAD <= len(data) and count <= MAX_BOXES:
        size, name = struct.unpack_from(">I4s", data, at)
        if size == _LONG:
            size = int.from_bytes(data[at + _HEAD : at + 2 * _HEAD])
        end = len(data) if size == _TO_THE_END else at + max(size, _HEAD)
        yield name, at, end
        at, count = end, count + 1
