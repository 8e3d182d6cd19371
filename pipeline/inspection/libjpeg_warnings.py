import re
from typing import Final

from pipeline.inspection.embedded_content import find_embedded
from pipeline.inspection.findings import Finding, finding
from pipeline.inspection.jpeg_scan import END, FRAMES, SCAN
from pipeline.inspection.sniff import Header

_FEW_BYTES: Final = 64
_READ_AHEAD: Final = 8
"""libjpeg-turbo takes up to 64 bits at a time and does not count those that it had no use for."""

_BLANK: Final = bytes(512)
_INTERVAL: Final = 0xDD
_RESTARTS: Final = range(0xD0, 0xD8)
_RESTART: Final = re.compile(rb"\xff[\xd0-\xd7]")
_SAMPLING_UNKNOWN: Final = "Could not determine subsampling"
_HARMLESS: Final = re.compile(r"Inconsistent progression sequence|Invalid SOS parameters")
_LEFT_OVER: Final = re.compile(r"(\d+) extraneous bytes before marker 0x([0-9a-f]{2})")


def is_damage(warning: str, data: bytes, header: Header) -> bool:
    """Whether the picture itself is damaged: also where its data was blanked, though a decoder makes pixels of that.

    libjpeg reports its first warning only, so one on the bytes before the end marker is also checked for what it hides.
    """
    match = _LEFT_OVER.search(warning)
    if match is None:
        known = _SAMPLING_UNKNOWN in warning or _HARMLESS.search(warning)
        return not known or _last_bytes(data, header, len(_BLANK)) == _BLANK
    count, before = int(match[1]), int(match[2], 16)
    if before != END:
        return count > _FEW_BYTES or before in _RESTARTS
    alike = _bytes_alike(data, header, count)
    blanked = alike > count + _READ_AHEAD
    return blanked or (count > _FEW_BYTES and alike < count) or _restarts_are_missing(data, header)


def irregularities(warning: str, data: bytes, header: Header) -> list[Finding]:
    """The findings for a warning that is no damage: none for padding, which is one byte over and over."""
    match = _LEFT_OVER.search(warning)
    if _SAMPLING_UNKNOWN in warning:
        return []
    if match is None or int(match[2], 16) != END:
        return [finding("questionable_data")]
    count = int(match[1])
    if _bytes_alike(data, header, count) >= count:
        return []
    embedded = find_embedded(_last_bytes(data, header, count + _READ_AHEAD))
    return [finding("embedded_content", found=embedded) if embedded else finding("questionable_data")]


def _bytes_alike(data: bytes, header: Header, count: int) -> int:
    """How many bytes before the end marker are the same, counted not much further than `count`."""
    last = _last_bytes(data, header, count + 2 * _READ_AHEAD)
    return len(last) - len(last.rstrip(last[-1:]))


def _last_bytes(data: bytes, header: Header, count: int) -> bytes:
    """The last bytes before the end marker."""
    end = header.segments[-1].start
    return data[max(0, end - count) : end]


def _restarts_are_missing(data: bytes, header: Header) -> bool:
    """Whether the data ends before the last restart marker that its frame requires (ITU-T T.81, B.2.1 and E.1.4)."""
    intervals = [
        int.from_bytes(data[each.start + 4 : each.end]) for each in header.segments if each.marker == _INTERVAL
    ]
    if not (intervals and intervals[-1]):
        return False
    scans = [each for each in header.segments if each.marker == SCAN]
    if len(scans) > 1:
        return True  # padding as well as restarts and many scans is not seen in honest files
    found = sum(1 for _ in _RESTART.finditer(data, scans[0].end, header.segments[-1].start))
    return found < -(-_units(data, header) // intervals[-1]) - 1


def _units(data: bytes, header: Header) -> int:
    """How many units (T.81: MCU) the one scan of this picture has."""
    frame = next(each for each in header.segments if each.marker in FRAMES)
    samplings = data[frame.start + 11 : frame.end : 3]
    wide = 8 * (max(each >> 4 for each in samplings) if header.components > 1 else 1)
    high = 8 * (max(each & 0x0F for each in samplings) if header.components > 1 else 1)
    return -(-header.width // max(wide, 1)) * -(-header.height // max(high, 1))
