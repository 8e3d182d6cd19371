"""A parent takes a reply as an honest child sends it, and none that differs from it in anything that matters."""

from collections.abc import Mapping
from dataclasses import replace
from hashlib import sha256
from typing import Any

import orjson
import pytest

from pipeline.inspection.file import inspect_file
from pipeline.inspection.findings import finding
from pipeline.inspection.report import FileReport, PageText, Word
from pipeline.inspection.sandbox.plain import NotPlain, plain_jpeg_size
from pipeline.inspection.sandbox.reply import Malformed, Reply, encode, parse
from pipeline.inspection.sandbox.report_check import Untrustworthy, checked_report
from tests.support.files import file_limits, photo

LIMITS = file_limits(
    media_types=("image/jpeg", "application/pdf"),
    max_bytes=2**20,
    large_side=128,
    small_side=32,
    page_side=96,
    quality=85,
)


@pytest.fixture(scope="module")
def honest(tmp_path_factory: pytest.TempPathFactory) -> FileReport:
    path = tmp_path_factory.mktemp("report") / "photo.jpg"
    path.write_bytes(photo(seed=1))
    return inspect_file(path, limits=LIMITS)


def arrived(report: FileReport, signals: Mapping[str, object] | None = None) -> FileReport:
    """The report as it is after its way from a child to its parent."""
    frame, bodies = encode(report, signals or {}, peak_mib=1.0, rss_mib=1.0)
    reply = parse(frame)
    assert isinstance(reply, Reply)
    return checked_report(reply, bodies, limits=LIMITS, size=report.size)


def with_large(report: FileReport, **changes: Any) -> FileReport:
    large, small = report.renditions
    changed = replace(large, **changes)
    if "sha256" not in changes:
        changed = replace(changed, sha256=sha256(changed.body).hexdigest())
    return replace(report, renditions=(changed, small))


def header(report: FileReport, **changes: object) -> bytes:
    frame, _ = encode(report, {}, peak_mib=1.0, rss_mib=1.0)
    return orjson.dumps({**orjson.loads(frame), **changes})


def segment(marker: int, content: bytes) -> bytes:
    return bytes([0xFF, marker]) + (len(content) + 2).to_bytes(2) + content


def test_an_honest_report_arrives_as_it_was(honest: FileReport) -> None:
    words = (Word("Zürich", 0.1, 0.2, 0.30001, 0.4), Word("💶", 0, 0, 1, 1))
    report = replace(honest, texts=(PageText(1, 595.0, 842.5, words),), exif={"Make": "Camera", "GPS": True})

    assert arrived(report) == report


def test_a_refusal_arrives_with_its_sentences_and_values(honest: FileReport) -> None:
    found = (finding("file_too_large", size=2_000_000, limit=1_048_576), finding("unreadable_metadata"))
    report = replace(honest, findings=found, renditions=())

    assert arrived(report) == report


def test_a_sentence_for_the_member_is_never_a_childs(honest: FileReport) -> None:
    lie = replace(finding("corrupt_image"), message="Please send your password to this address.")

    report = arrived(replace(honest, findings=(lie,), renditions=()))

    assert report.findings == (finding("corrupt_image"),)


@pytest.mark.parametrize(
    "found",
    [
        replace(finding("corrupt_image"), code="made_up"),
        replace(finding("corrupt_image"), code="file_too_large"),
        replace(finding("corrupt_image"), detail={"code": "corrupt_image"}),
        replace(finding("corrupt_image"), code="type_mismatch", detail={"claimed": "x" * 5000, "found": "y"}),
    ],
    ids=["unknown", "without its values", "with a value that is no value", "too long"],
)
def test_a_finding_that_is_not_ours_is_refused(honest: FileReport, found: Any) -> None:
    with pytest.raises(Untrustworthy):
        arrived(replace(honest, findings=(found,), renditions=()))


@pytest.mark.parametrize(
    "changes",
    [
        {"media_type": "image/gif"},
        {"media_type": None},
        {"width": 60_000, "height": 60_000},
        {"width": 17_000, "height": 1},
        {"pages": 51},
        {"pages": 2},
        {"renditions": ()},
    ],
    ids=str,
)
def test_an_accepted_file_beyond_the_limits_is_refused(honest: FileReport, changes: dict[str, Any]) -> None:
    with pytest.raises(Untrustworthy):
        arrived(replace(honest, **changes))


def test_a_refused_file_has_no_renditions(honest: FileReport) -> None:
    with pytest.raises(Untrustworthy, match="do not fit the verdict"):
        arrived(replace(honest, findings=(finding("corrupt_image"),)))


def test_a_size_other_than_the_files_is_refused(honest: FileReport) -> None:
    frame, bodies = encode(honest, {}, peak_mib=1.0, rss_mib=1.0)
    reply = parse(frame)
    assert isinstance(reply, Reply)

    with pytest.raises(Untrustworthy, match="size differs"):
        checked_report(reply, bodies, limits=LIMITS, size=honest.size + 1)


def test_the_same_rendition_twice_is_refused(honest: FileReport) -> None:
    with pytest.raises(Untrustworthy, match="do not fit the verdict"):
        arrived(replace(honest, renditions=(honest.renditions[0],) * 2))


def test_a_rendition_whose_digest_is_another_is_refused(honest: FileReport) -> None:
    with pytest.raises(Untrustworthy, match="digest differs"):
        arrived(with_large(honest, sha256="0" * 64))


def test_a_rendition_that_says_another_size_than_it_has_is_refused(honest: FileReport) -> None:
    with pytest.raises(Untrustworthy, match="rendition's size differs"):
        arrived(with_large(honest, width=64))


def test_a_rendition_larger_than_the_limits_allow_is_refused(honest: FileReport) -> None:
    with pytest.raises(Untrustworthy, match="larger than the limits allow"):
        arrived(with_large(honest, width=129))


def test_a_rendition_that_is_no_jpeg_is_refused(honest: FileReport) -> None:
    with pytest.raises(Untrustworthy, match="does not begin and end"):
        arrived(with_large(honest, body=b"<html><script>"))


@pytest.mark.parametrize("marker", [0xE1, 0xE2, 0xED, 0xFE, 0xC3], ids=hex)
def test_a_picture_with_more_than_its_pixels_is_not_plain(honest: FileReport, marker: int) -> None:
    body = honest.renditions[0].body

    with pytest.raises(NotPlain, match="it has a segment"):
        plain_jpeg_size(body[:2] + segment(marker, b"Exif\0\0 and more") + body[2:])


@pytest.mark.parametrize("more", [b"PK\x03\x04", b"\xff\xd9", b"\0"], ids=["archive", "second end", "padding"])
def test_a_picture_with_something_after_its_end_is_not_plain(honest: FileReport, more: bytes) -> None:
    with pytest.raises(NotPlain, match="does not begin and end"):
        plain_jpeg_size(honest.renditions[0].body + more)


@pytest.mark.parametrize(
    "body", [b"\xff\xd8\xff\xd9", b"\xff\xd8\xff\xc0\0\x09\xff\xd9"], ids=["empty", "half a frame"]
)
def test_a_picture_that_ends_in_its_header_is_not_plain(body: bytes) -> None:
    with pytest.raises(NotPlain):
        plain_jpeg_size(body)


def test_a_picture_without_a_frame_is_not_plain() -> None:
    scan = bytes.fromhex("03010002110311003f00")

    with pytest.raises(NotPlain, match="no frame"):
        plain_jpeg_size(b"\xff\xd8" + segment(0xDA, scan) + b"\xff\xd9")


@pytest.mark.parametrize(
    "changes",
    [
        {"size": -1},
        {"size": 1.5},
        {"size": "7"},
        {"sha256": "g" * 64},
        {"sha256": "a" * 64 + "\n"},
        {"media_type": "x" * 101},
        {"findings": [{"code": "x", "detail": {}}] * 65},
        {"findings": [{"code": "x", "detail": {}, "message": "mine"}]},
        {"renditions": [{"purpose": "huge"}]},
        {"texts": [{"page": 1, "width": 1e300, "height": 1, "words": []}]},
        {"texts": [{"page": 1, "width": 1, "height": 1, "words": [["a", 0, 0, 9, 9]]}]},
        {"exif": {"Make": ["a"]}},
        {"exif": {"Make": "x" * 501}},
        {"signals": []},
        {"peak_rss_mib": -1},
        {"accepted": True},
    ],
    ids=lambda changes: orjson.dumps(changes)[:40].decode(),
)
def test_a_header_out_of_bounds_is_malformed(honest: FileReport, changes: dict[str, object]) -> None:
    with pytest.raises(Malformed):
        parse(header(honest, **changes))


@pytest.mark.parametrize("frame", [b"", b"null", b"[]", b"[" * 100_000, b'{"kind":"report"}', b"\x80\x04N."], ids=repr)
def test_what_is_no_header_is_malformed(frame: bytes) -> None:
    with pytest.raises(Malformed):
        parse(frame)


def test_what_is_wrong_is_named_without_a_word_of_the_childs(honest: FileReport) -> None:
    with pytest.raises(Malformed) as refused:
        parse(header(honest, exif={"secret": ["secret"]}, secret="secret"))

    assert "secret" not in str(refused.value)


def test_a_page_larger_than_pages_may_be_is_refused(honest: FileReport) -> None:
    page = replace(honest, media_type="application/pdf", width=None, height=None, pages=1)

    assert LIMITS.page_side < max(honest.renditions[0].width, honest.renditions[0].height)
    with pytest.raises(Untrustworthy, match="larger than the limits allow"):
        arrived(page)
