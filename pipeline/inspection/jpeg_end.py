"""Completes a JPEG whose last marker is missing: some phones and programs leave it out, and put a video or notes of their own behind."""

import re
from collections.abc import Iterator
from typing import Final

from pipeline.inspection.findings import Fault
from pipeline.inspection.jpeg_scan import END, FRAMES, MAX_SEGMENTS, SCAN, read_jpeg, segment_end
from pipeline.inspection.sniff import Header, Segment

END_MARKER: Final = b"\xff\xd9"

_BETWEEN_SCANS: Final = frozenset({0xC4, 0xDA, 0xDB, 0xDD})
_OF_SEGMENTS: Final = frozenset(range(0xC0, 0xFF)) - {0xD8}
_PROGRESSIVE: Final = 0xC2
_SCAN_DATA_ENDS: Final = re.compile(rb"\xff+[\x01-\xcf\xd8-\xfe]")
_VIDEO: Final = re.compile(rb"\0\0[\0-\xff]{2}ftyp[ -~]{4}")
_NOTES: Final = re.compile(
    rb"\0\0[\0-\x0f][\0-\x0f][\0-\xff]{3}\0(?:Image_UTC_Data|MotionPhoto_|[A-Z][A-Za-z]+_[A-Za-z_]{3,})|SEFH[\0-\xff]{4}"
)
_WORDS: Final = re.compile(rb"[\t\r\n -~]{40}")
"""Scan data is as good as random: it never has so many letters and signs in a row."""

_BEFORE_WORDS: Final = 8
"""The last bytes of the scan may look like letters too, and a few bytes too many do no harm."""

_NEAR: Final = 16
_ALL_COEFFICIENTS: Final = 63


def completions(data: bytes) -> Iterator[tuple[bytes, Header]]:
    """The picture with an end marker where its scan data may end, and its header; nothing where that cannot be.

    Whether the data is whole is for a strict decoder to say. What stands behind the marker is kept, and looked into like that of any JPEG.
    """
    for at in _ends(data):
        whole = data[:at] + END_MARKER + data[at:]
        header = read_jpeg(whole)
        if header.fault is None and header.segments[-1].start == at and _has_all_scans(whole, header):
            yield whole, header


def is_cut(data: bytes) -> bool:
    """Whether the scan data of an ordinary JPEG ends without the end marker."""
    _, stop = _scan_data(data)
    return stop > 0 and not data.startswith(END_MARKER, stop) and read_jpeg(data[:stop] + END_MARKER).fault is None


def _ends(data: bytes) -> Iterator[int]:
    """Where the scan data may end: at the first thing that is no part of it, and at a phone's trailer before that."""
    start, stop = _scan_data(data)
    if start:
        for sign in (_VIDEO, _NOTES):
            found = sign.search(data, start, stop + _NEAR)
            if found and found.start() < stop:
                yield found.start()
        words = _WORDS.search(data, start, stop)
        if words:
            yield words.start() + _BEFORE_WORDS
        if not data.startswith(END_MARKER, stop):
            yield stop


def _scan_data(data: bytes) -> tuple[int, int]:
    """Where the data of the first scan begins and that of the last one ends; 0, 0 where there is none."""
    begin, end = 0, 0
    try:
        for segment in _until_strange(data):
            if segment.marker == SCAN:
                begin = begin or segment.end
                found = _SCAN_DATA_ENDS.search(data, segment.end)
                end = found.start() if found else len(data)
    except Fault:
        pass
    return begin, end


def _until_strange(data: bytes) -> Iterator[Segment]:
    """The segments up to the first that cannot stand after a scan."""
    at, count, scanned = 2, 0, False
    while count < MAX_SEGMENTS:
        found = _SCAN_DATA_ENDS.search(data, at)
        if found is None:
            return
        start, marker = found.end() - 2, data[found.end() - 1]
        if marker == END or (scanned and marker not in _BETWEEN_SCANS) or marker not in _OF_SEGMENTS:
            return
        at, count = segment_end(data, start), count + 1
        scanned = scanned or marker == SCAN
        yield Segment(marker, start, at)


def _has_all_scans(data: bytes, header: Header) -> bool:
    """Whether each component has a scan, in a progressive picture each coefficient to its last bit: a scan that is gone shows nowhere else."""
    frame = next(each for each in header.segments if each.marker in FRAMES)
    wanted = set(data[frame.start + 10 : frame.end : 3])
    scans = [data[each.start + 4 : each.end] for each in header.segments if each.marker == SCAN]
    if frame.marker != _PROGRESSIVE:
        return wanted <= {part for scan in scans for part in scan[1 : 1 + 2 * scan[0] : 2]}
    return all(_is_refined(each, scans) for each in wanted)


def _is_refined(component: int, scans: list[bytes]) -> bool:
    done = set[int]()
    for scan in scans:
        first, last, bits = scan[-3:]
        if component in scan[1 : 1 + 2 * scan[0] : 2] and bits & 0x0F == 0:
            done.update(range(first, last + 1))
    return done >= set(range(_ALL_COEFFICIENTS + 1))
