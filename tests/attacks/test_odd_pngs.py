"""PNGs with something broken or huge beside the picture: the picture counts."""

import io
import struct
import zlib
from pathlib import Path

import pytest
from PIL import Image, ImageChops, ImageCms

from pipeline.inspection.report import FileReport
from tests.support.files import file_limits
from tests.support.inspecting import Inspect, codes, inspecting

LIMITS = file_limits(media_types=("image/png",), large_side=256)


def chunk(name: bytes, body: bytes, *, wrong: int = 0) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body) ^ wrong)


def picture() -> Image.Image:
    return Image.linear_gradient("L").resize((64, 64)).convert("RGB")


def with_chunk(extra: bytes, before: bytes = b"IDAT") -> bytes:
    out = io.BytesIO()
    picture().save(out, "PNG")
    body = out.getvalue()
    at = body.index(before) - 4
    return body[:at] + extra + body[at:]


HUGE = zlib.compress(bytes(2 * 1024 * 1024))
BOMB = zlib.compress(bytes(64 * 1024 * 1024))
DROPPED = {
    "a text with a wrong checksum": chunk(b"tEXt", b"Comment\0hello", wrong=1),
    "a time with a wrong checksum": chunk(b"tIME", bytes(7), wrong=7),
    "an EXIF block with a wrong checksum": chunk(b"eXIf", b"MM\0*\0\0\0\x08", wrong=2),
    "a transparency with a wrong checksum": chunk(b"tRNS", bytes(6), wrong=3),
    "a packed text of 2 MiB": chunk(b"zTXt", b"Comment\0\0" + HUGE),
    "a packed text that is a bomb": chunk(b"zTXt", b"Comment\0\0" + BOMB),
    "packed XMP of 2 MiB": chunk(b"iTXt", b"XML:com.adobe.xmp\0\1\0\0\0" + HUGE),
    "plain XMP of 2 MiB": chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + b" " * 2 * 1024 * 1024),
    "a text that cannot be unpacked": chunk(b"zTXt", b"Comment\0\0" + b"nothing packed"),
    "a chunk of nobody's": chunk(b"prVt", b"\xff" * 100, wrong=9),
}
PROFILES = {
    "a profile of 2 MiB": chunk(b"iCCP", b"a\0\0" + HUGE),
    "a profile with a wrong checksum": chunk(b"iCCP", b"a\0\0" + zlib.compress(b"x"), wrong=1),
    "a profile that cannot be unpacked": chunk(b"iCCP", b"a\0\0nothing packed"),
}


@pytest.fixture
def inspect(tmp_path: Path) -> Inspect:
    return inspecting(tmp_path, LIMITS)


def assert_shown(report: FileReport) -> None:
    shown = Image.open(io.BytesIO(report.renditions[0].body))
    assert max(high for _, high in ImageChops.difference(shown, picture()).getextrema()) < 8  # type: ignore[misc]


@pytest.mark.parametrize("what", DROPPED)
def test_what_shows_nowhere_goes_unread(inspect: Inspect, what: str) -> None:
    report = inspect(with_chunk(DROPPED[what]))

    assert codes(report) == []
    assert_shown(report)


@pytest.mark.parametrize("what", PROFILES)
def test_a_profile_that_is_no_use_is_left_out_with_a_warning(inspect: Inspect, what: str) -> None:
    report = inspect(with_chunk(PROFILES[what]))

    assert codes(report) == ["bad_colour_profile"]
    assert_shown(report)


def test_a_good_profile_is_still_used(inspect: Inspect) -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()

    assert codes(inspect(with_chunk(chunk(b"iCCP", b"sRGB\0\0" + zlib.compress(profile))))) == []


@pytest.mark.parametrize("name", [b"IHDR", b"IDAT", b"PLTE"])
def test_a_wrong_checksum_in_what_is_needed_is_damage(inspect: Inspect, name: bytes) -> None:
    out = io.BytesIO()
    picture().convert("P").save(out, "PNG")
    body = bytearray(out.getvalue())
    at = body.index(name)
    (length,) = struct.unpack_from(">I", body, at - 4)
    body[at + 4 + length] ^= 1

    assert codes(inspect(bytes(body))) == ["corrupt_image"]


@pytest.mark.parametrize("before", [b"IHDR", b"IDAT"])
def test_the_png_of_apples_programs_is_named_and_has_no_invented_sides(inspect: Inspect, before: bytes) -> None:
    report = inspect(with_chunk(chunk(b"CgBI", b"\x50\0\x20\x02"), before))

    assert codes(report) == ["unsupported_png_variant"]
    assert (report.width, report.height) in {(None, None), (64, 64)}


def test_what_acts_in_a_dropped_text_is_still_found(inspect: Inspect) -> None:
    assert codes(inspect(with_chunk(chunk(b"tEXt", b"Comment\0<?php x()", wrong=1)))) == ["embedded_content"]
