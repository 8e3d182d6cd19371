import io
import random
import struct
import zipfile
import zlib
from collections.abc import Callable
from typing import Any

import pytest

from pipeline.inspection.embedded_content import find_embedded
from pipeline.inspection.report import FileReport
from tests.support.files import file_limits, noise

LIMITS = file_limits(
    media_types=("image/jpeg", "image/png", "image/webp"),
    max_bytes=20 * 1024 * 1024,
    large_side=512,
    small_side=128,
    page_side=512,
    quality=88,
)
Inspect = Callable[[bytes], FileReport]


def archive(compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", compression) as file:
        file.writestr("docs/evil.txt", "hello " * 50)
    return out.getvalue()


ZIP = archive()
ELF = b"\x7fELF\x02\x01\x01" + bytes(60)
PE = b"PE\0\0\x64\x86\x06\0" + bytes(16) + b"\x0b\x02" + bytes(40)
FOREIGN = {
    "a ZIP": ZIP,
    "a stored ZIP": archive(zipfile.ZIP_STORED),
    "the start of a ZIP": ZIP[:200],
    "a ZIP without its start": ZIP[4:],
    "an empty ZIP": b"PK\x05\x06" + bytes(18),
    "RAR": b"Rar!\x1a\x07\x01\x00",
    "a PDF": b"%PDF-1.7\n1 0 obj<<>>endobj\n%%EOF",
    "a page": b"<!DOCTYPE html><p>hello",
    "a page in capitals": b"<HTML><BODY>",
    "a script": b"<script>alert(1)</script>",
    "a handler": b"<svg/onload=alert(1)>",
    "PHP": b"<?php system($_GET['c']);",
    "a shell script": b"#!/bin/sh\nrm x",
    "ELF": ELF,
    "a DOS header": b"MZ\x90\x00\x03\x00\x00\x00" + bytes(60),
    "PE": PE,
    "Mach-O": b"\xcf\xfa\xed\xfe\x07\0\0\x01\x03\0\0\0",
    "a class": b"\xca\xfe\xba\xbe\0\0\0\x34",
}
HARMLESS = {
    "nothing": b"",
    "zeros": bytes(4000),
    "a second JPEG": b"\xff\xd8\xff\xe1" + bytes(200) + b"\xff\xd9",
    "a telephone's notes": b"\0\0\x01\x0aImage_UTC_Data1700000000000SEFH\x6b\0\0\0\x01\0\0\0SEFT",
    "a video": b"\0\0\0\x18ftypmp42\0\0\0\0isommp42\0\0\0\x08free\0\0\1\0mdat" + bytes(range(256)) * 4,
    "XMP": b"http://ns.adobe.com/xap/1.0/\0<x:xmpmeta xmlns:x='adobe:ns:meta/'><rdf:RDF><rdf:li>a &lt;script&gt;</rdf:li>",
    "XMP of a PDF": b"<xmp:CreatorTool>x</xmp:CreatorTool><pdf:Producer>PDF-1.7 %PDF</pdf:Producer>",
    "letters by chance": b"PK\x03\x04\x80\x91\xa2\xb3\xc4\xd5\xe6\xf7" * 50,
    "an end by chance": b"PK\x05\x06\x80\x91\xa2\xb3\xc4\xd5\xe6\xf7\x18\x29\x3a\x4b\x5c\x6d\x7e\x8f" * 20,
    "a programmer's initials": b"MZ and PE, <htmlx and <scripture>, #! and %PDF",
    "a caption": b"<b>Our <i>stand</i></b> at the fair <img src='a.png'>",
}


def encoded(form: str, **options: Any) -> bytes:
    out = io.BytesIO()
    noise((120, 90), 60).convert("RGB").save(out, form, **options)
    return out.getvalue()


def comment(body: bytes, marker: int = 0xFE) -> bytes:
    return bytes([0xFF, marker]) + struct.pack(">H", len(body) + 2) + body


def chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def in_webp(data: bytes, name: bytes, body: bytes) -> bytes:
    whole = data[12:] + name + struct.pack("<I", len(body)) + body + bytes(len(body) % 2)
    return b"RIFF" + struct.pack("<I", len(whole) + 4) + b"WEBP" + whole


def codes(report: FileReport) -> set[str]:
    return {found.code for found in report.findings}


JPEG, PNG, WEBP = encoded("JPEG"), encoded("PNG"), encoded("WEBP")
JPEG_PLACES: dict[str, Callable[[bytes], bytes]] = {
    "after the end": lambda body: JPEG + body,
    "after zeros": lambda body: JPEG + bytes(3000) + body,
    "with an end of its own": lambda body: JPEG + body + b"\xff\xd9",
    "in a comment": lambda body: JPEG[:2] + comment(body) + JPEG[2:],
    "in an application's segment": lambda body: JPEG[:20] + comment(body, 0xE7) + JPEG[20:],
    "between segments": lambda body: JPEG[:20] + body + JPEG[20:],
}
OTHER_PLACES: dict[str, Callable[[bytes], bytes]] = {
    "after a PNG": lambda body: PNG + body,
    "in a PNG's text": lambda body: PNG[:33] + chunk(b"tEXt", b"Comment\0" + body) + PNG[33:],
    "packed in a PNG's text": lambda body: PNG[:33] + chunk(b"zTXt", b"C\0\0" + zlib.compress(body)) + PNG[33:],
    "in a PNG's own chunk": lambda body: PNG[:33] + chunk(b"prVt", body) + PNG[33:],
    "after a WebP": lambda body: WEBP + body,
    "in a WebP's own chunk": lambda body: in_webp(WEBP, b"OWN ", body),
}


@pytest.mark.parametrize("name", FOREIGN)
def test_what_another_program_would_open_is_named(name: str) -> None:
    assert find_embedded(b"\x01\x02" + FOREIGN[name] + b"\x03") is not None


@pytest.mark.parametrize("name", HARMLESS)
def test_what_cameras_leave_and_chance_brings_is_not(name: str) -> None:
    assert find_embedded(HARMLESS[name]) is None


@pytest.mark.parametrize("seed", range(5))
def test_random_bytes_hold_nothing_foreign(seed: int) -> None:
    assert find_embedded(random.Random(seed).randbytes(1_000_000)) is None  # noqa: S311  # not for secrets


@pytest.mark.parametrize("place", [*JPEG_PLACES, *OTHER_PLACES])
@pytest.mark.parametrize("name", ["a ZIP", "a PDF", "a page", "a script", "ELF"])
def test_a_picture_that_carries_something_else_is_refused(inspect: Inspect, place: str, name: str) -> None:
    data = (JPEG_PLACES | OTHER_PLACES)[place](FOREIGN[name])

    report = inspect(data)

    assert codes(report) == {"embedded_content"}
    assert report.renditions == ()


HARMLESS_PLACES = [
    (place, name)
    for place in (*JPEG_PLACES, *OTHER_PLACES)
    for name, harmless in HARMLESS.items()
    if not (place == "between segments" and b"\xff\xd8" in harmless)  # a second start marker there is damage
]


@pytest.mark.parametrize(("place", "name"), HARMLESS_PLACES)
def test_a_picture_with_harmless_bytes_beside_it_is_accepted(inspect: Inspect, place: str, name: str) -> None:
    assert inspect((JPEG_PLACES | OTHER_PLACES)[place](HARMLESS[name])).accepted


@pytest.mark.parametrize("name", ["a ZIP", "a PDF", "a page", "a script", "ELF"])
def test_what_hides_before_the_end_marker_is_refused(inspect: Inspect, name: str) -> None:
    assert codes(inspect(JPEG[:-2] + FOREIGN[name] + b"\xff\xd9")) & {"embedded_content", "corrupt_image"}


def test_all_that_is_wrong_with_a_picture_is_said_at_once(inspect: Inspect) -> None:
    assert codes(inspect(JPEG[:20] + comment(ZIP) + JPEG[20:-2])) == {"embedded_content", "truncated_image"}


def test_a_polyglot_that_passes_yields_a_clean_rendition(inspect: Inspect) -> None:
    profile = comment(b"ICC_PROFILE\0\x01\x01" + zlib.compress(ZIP + FOREIGN["a script"]), 0xE2)

    report = inspect(JPEG[:20] + profile + comment(b"<b>a caption</b>") + JPEG[20:] + b"trailer" * 10)

    assert codes(report) == {"bad_colour_profile"}
    assert not any(trace in each.body for each in report.renditions for trace in (b"ICC", b"caption", b"trailer"))
