"""A child that was taken over gives a picture with something hidden beside its pixels: no such picture is taken from it."""

import io
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path

import pytest
from PIL import Image

from pipeline.inspection.file import inspect_file
from pipeline.inspection.sandbox import Redactor, Sandbox, SandboxUnavailable
from pipeline.inspection.sandbox.plain import NotPlain, plain_jpeg_size
from pipeline.kernel.errors import PermanentError
from tests.support.attacker import MARK
from tests.support.files import file_limits, noise

PAYLOAD = b"GPS 48.85 N; <script>; " * 2000
LIMITS = file_limits(
    media_types=("image/jpeg",), max_bytes=2**20, large_side=128, small_side=32, page_side=128, quality=85
)
SCAN = 609
"""Where the scan's header begins in a picture of ours."""

DATA = 623


def segment(marker: int, content: bytes) -> bytes:
    return bytes([0xFF, marker]) + (len(content) + 2).to_bytes(2) + content


def jpeg(**how: object) -> bytes:
    out = io.BytesIO()
    noise((96, 64), 40).convert("RGB").save(out, "JPEG", quality=85, **how)
    return out.getvalue()


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("ours") / "photo.jpg"
    path.write_bytes(jpeg())
    return inspect_file(path, limits=LIMITS).renditions[0].body


COMMENT = segment(0xFE, PAYLOAD)
EXIF = segment(0xE1, b"Exif\0\0" + PAYLOAD)
SECOND_SCAN = segment(0xDA, bytes.fromhex("03010002110311003f00"))
HIDDEN: dict[str, Callable[[bytes], bytes]] = {
    "a comment behind the scan": lambda body: body[:-2] + COMMENT + body[-2:],
    "EXIF behind the scan": lambda body: body[:-2] + EXIF + body[-2:],
    "a comment within the scan": lambda body: body[: DATA + 40] + COMMENT + body[DATA + 40 :],
    "a second scan": lambda body: body[:-2] + SECOND_SCAN + body[DATA:],
    "a comment between two scans": lambda body: body[:-2] + COMMENT + SECOND_SCAN + body[DATA:],
    "tables between two scans": lambda body: body[:-2] + segment(0xC4, PAYLOAD) + SECOND_SCAN + body[DATA:],
    "another picture behind the end": lambda body: body + body,
    "an archive behind the end": lambda body: body + b"PK\x03\x04" + PAYLOAD,
    "an archive behind the end, and an end": lambda body: body + b"PK\x03\x04" + PAYLOAD + b"\xff\xd9",
    "a zero behind the end": lambda body: body + b"\0",
    "restart markers": lambda body: body[: DATA + 40] + b"\xff\xd0" + body[DATA + 40 :],
    "a restart interval": lambda body: body[:SCAN] + segment(0xDD, b"\0\x04") + body[SCAN:],
    "a number of lines behind the scan": lambda body: body[:-2] + segment(0xDC, b"\0\x40") + body[-2:],
    "fill bytes before the end": lambda body: body[:-2] + b"\xff" * 500 + body[-2:],
    "fill bytes before a segment": lambda body: body[:2] + b"\xff" * 500 + body[2:],
    "a marker without a length": lambda body: body[:-2] + b"\xff\x01" + PAYLOAD + body[-2:],
    "a reserved marker": lambda body: body[:SCAN] + segment(0xF7, PAYLOAD) + body[SCAN:],
    "a JPEG-LS header": lambda body: body[:SCAN] + segment(0xF8, PAYLOAD) + body[SCAN:],
    "arithmetic conditioning": lambda body: body[:SCAN] + segment(0xCC, PAYLOAD) + body[SCAN:],
    "a thumbnail in JFIF": lambda body: body[:2] + segment(0xE0, b"JFIF\0\1\1\0\0\1\0\1\x10\x10" + PAYLOAD) + body[20:],
    "a resolution in JFIF": lambda body: body[:12] + b"\x13\x37" + body[14:],
    "a JFXX thumbnail": lambda body: body[:20] + segment(0xE0, b"JFXX\0\x10" + PAYLOAD) + body[20:],
    "JFIF twice": lambda body: body[:20] + body[2:20] + body[20:],
    "quantisation that is not ours": lambda body: body[:30] + b"payload!" + body[38:],
    "a quantisation table more": lambda body: body[:SCAN] + segment(0xDB, b"\2" + bytes(range(1, 65))) + body[SCAN:],
    "a Huffman table more": lambda body: body[:SCAN] + segment(0xC4, b"\2" + bytes(15) + b"\x08hidden!!") + body[SCAN:],
    "Huffman values that are not ours": lambda body: body.replace(b"\x04\x11\x05\x12", b"\x11\x04\x05\x12", 1),
    "a Huffman table twice": lambda body: body[:SCAN] + body[177:210] + body[SCAN:],
    "a frame twice": lambda body: body[:SCAN] + body[158:177] + body[SCAN:],
    "an empty segment": lambda body: body[:SCAN] + segment(0xDB, b"") + body[SCAN:],
    "a component more in the scan": lambda body: (
        body[:SCAN] + segment(0xDA, b"\4\1\0\2\x11\3\x11\4\0\0\x3f\0") + body[DATA:]
    ),
    "a scan of one component": lambda body: body[:SCAN] + segment(0xDA, b"\1\1\0\0\x3f\0") + body[DATA:],
    "more data than the pixels can have": lambda body: body[:-2] + b"A" * 200_000 + body[-2:],
    "less data than the pixels need": lambda body: body[: DATA + 5] + body[-2:],
    "a height beyond the data": lambda body: body[:163] + b"\xff\xf0" + body[165:],
}


def test_what_we_encode_is_plain(ours: bytes) -> None:
    assert plain_jpeg_size(ours) == (96, 64)
    assert ours[SCAN : SCAN + 2] == b"\xff\xda"


@pytest.mark.parametrize("quality", [50, 60, 75, 85, 92, 95])
@pytest.mark.parametrize("size", [(1, 1), (17, 33), (512, 300)])
def test_every_size_and_quality_of_ours_is_plain(quality: int, size: tuple[int, int]) -> None:
    out = io.BytesIO()
    noise(size, 60).convert("RGB").save(out, "JPEG", quality=quality, subsampling="4:2:0")

    assert plain_jpeg_size(out.getvalue()) == size


@pytest.mark.parametrize("name", HIDDEN)
def test_nothing_hides_in_any_part_of_a_picture(ours: bytes, name: str) -> None:
    changed = HIDDEN[name](ours)

    assert changed != ours
    with pytest.raises(NotPlain):
        plain_jpeg_size(changed)


@pytest.mark.parametrize(
    "how",
    [
        {"progressive": True},
        {"optimize": True},
        {"subsampling": 0},
        {"comment": b"hidden"},
        {"exif": b"Exif\0\0hidden"},
        {"icc_profile": b"hidden"},
        {"dpi": (72, 72)},
        {"restart_marker_rows": 1},
    ],
    ids=str,
)
def test_a_picture_that_another_encoder_made_is_not_plain(how: dict[str, object]) -> None:
    with pytest.raises(NotPlain):
        plain_jpeg_size(jpeg(**{"subsampling": "4:2:0"} | how))


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "GIF", "TIFF", "PDF"])
def test_a_picture_of_another_kind_is_not_plain(kind: str) -> None:
    out = io.BytesIO()
    Image.new("RGB", (8, 8)).save(out, kind)

    with pytest.raises(NotPlain):
        plain_jpeg_size(out.getvalue())


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(children=1, examine="tests.support.attacker:run") as shared:
        yield shared


@pytest.mark.parametrize("name", ["a comment behind the scan", "an archive behind the end", "a Huffman table more"])
def test_a_child_gets_no_such_picture_past_its_parent(sandbox: Sandbox, ours: bytes, tmp_path: Path, name: str) -> None:
    body = HIDDEN[name](ours)
    script = f"""
import dataclasses
from pipeline.inspection.report import Rendition
body = bytes.fromhex("{body.hex()}")
both = tuple(Rendition(each, 1, "image/jpeg", 96, 64, body, hashlib.sha256(body).hexdigest()) for each in ("large", "small"))
answer = (dataclasses.replace(inspect_open_file(file, **given), media_type="image/jpeg", width=96, height=64, findings=(), renditions=both), {{}})
"""
    path = tmp_path / "upload"
    path.write_bytes(MARK + script.encode())

    found = sandbox.inspect(path, limits=LIMITS.model_copy(update={"small_side": 128}))

    assert [each.code for each in found.report.findings] == ["processing_limit"]
    assert found.report.renditions == ()
    assert all("a rendition is not ours" in each.reason for each in found.deaths)
    assert sha256(body).hexdigest() not in str(found)


def test_a_page_is_covered_in_a_child_and_comes_back_plain(ours: bytes) -> None:
    redactor = Redactor()
    covered = redactor.blackened(ours, [(0, 0, 1000, 500)], quality=85)
    redactor.close()

    assert plain_jpeg_size(covered) == (96, 64)
    with Image.open(io.BytesIO(covered)) as image:
        assert image.convert("RGB").getpixel((48, 10)) == (0, 0, 0)


@pytest.mark.parametrize("deed", ["smuggle", "resize", "text"])
def test_what_covers_a_page_smuggles_nothing_either(ours: bytes, deed: str) -> None:
    redactor = Redactor(work=f"tests.support.attacker:{deed}")
    try:
        with pytest.raises(SandboxUnavailable, match="could not be covered"):
            redactor.blackened(ours, [(0, 0, 10, 10)], quality=85)
    finally:
        redactor.close()


def test_a_picture_that_is_not_ours_is_not_opened_to_be_covered() -> None:
    redactor = Redactor()

    with pytest.raises(PermanentError, match="not one that we encoded"):
        redactor.blackened(jpeg(progressive=True), [(0, 0, 10, 10)], quality=85)
