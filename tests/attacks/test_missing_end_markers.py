"""JPEGs without their last marker: whole ones are completed, and what is cut or blanked stays refused."""

import io
import struct
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageChops, ImageDraw

from tests.support.files import file_limits, noise
from tests.support.inspecting import Inspect, codes, inspecting

LIMITS = file_limits(media_types=("image/jpeg",), large_side=256)
ENCODINGS: dict[str, dict[str, Any]] = {
    "baseline": {"quality": 88},
    "restarts": {"quality": 88, "restart_marker_rows": 1},
    "progressive": {"quality": 88, "progressive": True},
    "full colour": {"quality": 92, "subsampling": "4:4:4"},
}


def photo(**options: Any) -> bytes:
    """Detail above and a smooth wall below."""
    size = (320, 240)
    image = Image.merge("RGB", [noise(size, 50), Image.linear_gradient("L").resize(size), Image.new("L", size, 80)])
    ImageDraw.Draw(image).rectangle((0, 160, 320, 240), "#ddd")
    out = io.BytesIO()
    image.save(out, "JPEG", **options)
    return out.getvalue()


VIDEO = (
    struct.pack(">I4s4sI4s4s", 24, b"ftyp", b"mp42", 0, b"isom", b"mp42")
    + bytes(noise((80, 80), 90).tobytes()).replace(b"\x00", b"\xff\xc7")
    + b"\xff\xc7\x00\x08\xff\xd9\xff\xda"
)
NOTES = struct.pack("<HHI", 0, 0x0A01, 14) + b"Image_UTC_Data1767225600000" + b"SEFH" + bytes(range(40)) + b"SEFT"
TRAILERS = {
    "nothing": b"",
    "half a marker": b"\xff",
    "a video": VIDEO,
    "a phone's notes": NOTES,
    "a second photo": photo(),
    "a phone's words": b'{"moduleName":"portrait","version":"2.1","faces":[]}' * 3,
}


@pytest.fixture
def inspect(tmp_path: Path) -> Inspect:
    return inspecting(tmp_path, LIMITS)


@pytest.mark.parametrize("trailer", TRAILERS)
@pytest.mark.parametrize("encoding", ENCODINGS)
def test_a_whole_photo_without_its_last_marker_is_completed(inspect: Inspect, encoding: str, trailer: str) -> None:
    whole = photo(**ENCODINGS[encoding])

    report = inspect(whole[:-2] + TRAILERS[trailer])

    assert report.accepted
    assert "end_marker_missing" in codes(report)
    assert set(codes(report)) <= {"end_marker_missing", "questionable_data"}
    shown, right = (Image.open(io.BytesIO(each.renditions[0].body)) for each in (report, inspect(whole)))
    assert ImageChops.difference(shown, right).getbbox() is None


@pytest.mark.parametrize("trailer", TRAILERS)
@pytest.mark.parametrize("missing", [0.01, 0.3, 0.8])
@pytest.mark.parametrize("encoding", ENCODINGS)
def test_a_photo_that_is_cut_is_refused_whatever_stands_behind(
    inspect: Inspect, encoding: str, missing: float, trailer: str
) -> None:
    whole = photo(**ENCODINGS[encoding])
    start = whole.index(b"\xff\xda")
    cut = whole[: start + int((len(whole) - start) * (1 - missing)) - 2].rstrip(b"\xff")

    report = inspect(cut + TRAILERS[trailer])

    assert not report.accepted
    assert set(codes(report)) <= {"truncated_image", "corrupt_image"}


@pytest.mark.parametrize("trailer", TRAILERS)
@pytest.mark.parametrize("share", [0.2, 0.9])
@pytest.mark.parametrize("encoding", ENCODINGS)
def test_a_photo_whose_data_is_blanked_is_refused(inspect: Inspect, encoding: str, share: float, trailer: str) -> None:
    whole = photo(**ENCODINGS[encoding])
    start = whole.index(b"\xff\xda") + 14
    start += int((len(whole) - start) * share)

    assert not inspect(whole[:start] + bytes(len(whole) - 2 - start) + TRAILERS[trailer]).accepted


def test_a_progressive_photo_that_ends_between_two_scans_is_refused(inspect: Inspect) -> None:
    whole = photo(progressive=True)
    scans = [at for at in range(len(whole)) if whole.startswith(b"\xff\xda", at)]
    tables = [at for at in range(len(whole)) if whole.startswith(b"\xff\xc4", at) and at > scans[0]]
    ends = sorted({*tables, *scans[1:]})

    assert len(ends) > 3
    assert [inspect(whole[:end]).accepted for end in ends] == [False] * len(ends)


@pytest.mark.parametrize("inside", [b"PK\x05\x06" + bytes(18), b"%PDF-1.7", b"<script>x()</script>", b"#!/bin/sh"])
def test_what_acts_behind_a_photo_without_its_last_marker_is_found(inspect: Inspect, inside: bytes) -> None:
    assert "embedded_content" in codes(inspect(photo()[:-2] + VIDEO + inside))
