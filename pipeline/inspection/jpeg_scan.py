import re
from collections.abc import Iterator
from typing import Final

from pipeline.inspection.embedded_content import find_embedded_in
from pipeline.inspection.findings import Fault
from pipeline.inspection.sniff import Header, Segment

MAX_SEGMENTS: Final = 1000
MAX_SCANS: Final = 50
MAX_SCANNED_PIXELS: Final = 1_000_000_000
"""Encoders write about ten scans, and each costs a pass over the whole picture; many scans of a large one are an attack."""

SCAN: Final = 0xDA
END: Final = 0xD9
FRAMES: Final = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_ORDINARY: Final = frozenset({0xC0, 0xC1, 0xC2})
_COMPONENTS: Final = frozenset({1, 3, 4})
_BITS: Final = 8
_LENGTH_SIZE: Final = 2
_FRAME_HEAD: Final = 8
_SCAN_HEAD: Final = 6
# The markers that libjpeg acts upon, without those that have no length and sit inside a scan. Whatever else stands
# between two of them is stepped over, as decoders do; what a decoder makes of it shows in the decoding.
_MARKER: Final = re.compile(rb"\xff[\xc0-\xc7\xc9-\xcf\xd9-\xdd\xe0-\xef\xfe]")


def read_jpeg(data: bytes) -> Header:
    """This JPEG's sides, what is wrong with its structure, and what content of another kind it carries.

    Segments are stepped through by their lengths, never searched for, since the preview in an EXIF block has markers of
    its own. Bytes after the end marker are allowed: a second photo, a video or a phone's own notes are no danger, and
    only content that another program would open is named. Never raises, whatever the bytes.
    """
    segments, fault = _listed(data)
    embedded = find_embedded_in(data, _beside(segments, len(data)))
    frames = [each for each in segments if each.marker in FRAMES]
    scans = sum(each.marker == SCAN for each in segments)
    try:
        width, height, components = _frame(data, frames)
    except Fault as found:
        # A picture that is cut off before its frame is cut off; one that has an end but no frame was never whole.
        return Header(fault=fault if fault and not frames else str(found), embedded=embedded)
    if scans > MAX_SCANS or scans * width * height > MAX_SCANNED_PIXELS:
        fault = "too_complex"
    elif not (scans or fault):
        fault = "corrupt_image"
    return Header(width, height, fault, embedded, components, tuple(segments))


def _listed(data: bytes) -> tuple[list[Segment], str | None]:
    """The segments as far as they can be read, and the code of the fault that ended this early."""
    segments: list[Segment] = []
    try:
        for segment in _segments(data):
            segments.append(segment)
            if len(segments) > MAX_SEGMENTS:
                return segments, "too_complex"
    except Fault as found:
        return segments, str(found)
    return segments, None


def _segments(data: bytes) -> Iterator[Segment]:
    at, marker = 2, 0
    while marker != END:
        found = _MARKER.search(data, at)
        if found is None:
            raise Fault("truncated_image")
        start, marker = found.start(), data[found.end() - 1]
        at = found.end() if marker == END else segment_end(data, start)
        yield Segment(marker, start, at)


def segment_end(data: bytes, start: int) -> int:
    """The place after this segment. Its length must be one that its kind can have."""
    length = int.from_bytes(data[start + 2 : start + 4])
    if start + 4 > len(data) or start + 2 + length > len(data):
        raise Fault("truncated_image")
    count = data[start + 4] if length > _LENGTH_SIZE else 0
    if length < _LENGTH_SIZE or (data[start + 1] == SCAN and length != _SCAN_HEAD + 2 * count):
        raise Fault("corrupt_image")
    return start + 2 + length


def _frame(data: bytes, frames: list[Segment]) -> tuple[int, int, int]:
    """Width, height and components of a picture that has one ordinary frame."""
    if not frames:
        raise Fault("corrupt_image")
    frame = frames[0]
    body = data[frame.start + 2 : frame.end]
    if len(body) < _FRAME_HEAD:
        raise Fault("corrupt_image")
    bits, components = body[2], body[7]
    if len(frames) > 1 or frame.marker not in _ORDINARY or bits != _BITS or components not in _COMPONENTS:
        raise Fault("unsupported_jpeg_variant")
    height, width = int.from_bytes(body[3:5]), int.from_bytes(body[5:7])
    if len(body) != _FRAME_HEAD + 3 * components or not (width and height):
        raise Fault("corrupt_image")
    return width, height, components


def _beside(segments: list[Segment], size: int) -> Iterator[tuple[int, int]]:
    """Where no picture data is: before the first scan, between the scans, and after the end marker."""
    first = next((index for index, each in enumerate(segments) if each.marker == SCAN), None)
    if first is None:
        yield 2, size
        return
    yield 2, segments[first].start
    for marker, start, end in segments[first + 1 :]:
        if marker == END:
            yield end, size
        elif marker != SCAN:
            yield start, end
