import base64
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.inspection.file import inspect_file
from pipeline.inspection.report import FileReport
from pipeline.inspection.sniff import sniff
from pipeline.policy.files import FileLimits
from tests.support.files import file_limits

LIMITS = file_limits(
    media_types=("image/heic",), max_bytes=1024 * 1024, large_side=512, small_side=128, page_side=512, quality=88
)
Inspect = Callable[..., FileReport]

# Teal with a red corner, 64 by 48; no encoder for HEIC is among what the project needs.
ONE = base64.b64decode(
    "AAAAHGZ0eXBoZWljAAAAAG1pZjFoZWljbWlhZgAAAX1tZXRhAAAAAAAAACFoZGxyAAAAAAAAAABwaWN0AAAAAAAAAAAAAAAAAAAAACJpbG9jAA"
    "AAAERAAAEAAQAAAAABoQABAAAAAAAAADgAAAAjaWluZgAAAAAAAQAAABVpbmZlAgAAAAABAABodmMxAAAAAA5waXRtAAAAAAABAAAA/WlwcnAA"
    "AADdaXBjbwAAAHZodmNDAQNwAAAAkAAAAAAAHvAA/P34+AAADwNgAAEAGEABDAH//wNwAAADAJAAAAMAAAMAHroCQGEAAQAqQgEBA3AAAAMAkA"
    "AAAwAAAwAeoCCBBZbq5Ka5uAhoMCAAAAMDIAAAAwAhYgABAAZEAcFzwIkAAAATY29scm5jbHgAAQANAAaAAAAAFGlzcGUAAAAAAAAAQAAAAEAA"
    "AAAoY2xhcAAAAEAAAAABAAAAMAAAAAEAAAAAAAAAAv////AAAAACAAAAEHBpeGkAAAAAAwgICAAAABhpcG1hAAAAAAAAAAEAAQWBAgMFhAAAAE"
    "BtZGF0AAAANCgBrxmA94R8B/8nU/zqV/dUk9Z8aiW+z/rSEYNwLmVKkRWLdllkB/d/efrytd129mEz/Aw="
)
TWO = base64.b64decode(
    "AAAAHGZ0eXBoZWljAAAAAG1pZjFoZWljbWlhZgAAAaxtZXRhAAAAAAAAACFoZGxyAAAAAAAAAABwaWN0AAAAAAAAAAAAAAAAAAAAADRpbG9jAA"
    "AAAERAAAIAAQAAAAAB0AABAAAAAAAAADgAAgAAAAACCAABAAAAAAAAADIAAAA4aWluZgAAAAAAAgAAABVpbmZlAgAAAAABAABodmMxAAAAABVp"
    "bmZlAgAAAAACAABodmMxAAAAAA5waXRtAAAAAAABAAABBWlwcnAAAADdaXBjbwAAAHZodmNDAQNwAAAAkAAAAAAAHvAA/P34+AAADwNgAAEAGE"
    "ABDAH//wNwAAADAJAAAAMAAAMAHroCQGEAAQAqQgEBA3AAAAMAkAAAAwAAAwAeoCCBBZbq5Ka5uAhoMCAAAAMDIAAAAwAhYgABAAZEAcFzwIkA"
    "AAATY29scm5jbHgAAQANAAaAAAAAFGlzcGUAAAAAAAAAQAAAAEAAAAAoY2xhcAAAAEAAAAABAAAAMAAAAAEAAAAAAAAAAv////AAAAACAAAAEH"
    "BpeGkAAAAAAwgICAAAACBpcG1hAAAAAAAAAAIAAQWBAgMFhAACBYECAwWEAAAAcm1kYXQAAAA0KAGvGYD3hHwH/ydT/OpX91ST1nxqJb7P+tIR"
    "g3AuZUqRFYt2WWQH9395+vK13Xb2YTP8DAAAAC4oAa8ZgO9Jpb//2zMEc0dv9frWkvZsP5/Z+tCcp0K6x0GVj5QF7+rAXU7um3/g"
)


@pytest.fixture
def inspect(tmp_path: Path) -> Inspect:
    def run(data: bytes, limits: FileLimits = LIMITS) -> FileReport:
        path = tmp_path / "upload"
        path.write_bytes(data)
        return inspect_file(path, limits=limits, declared_type="image/heic", filename="me.heic")

    return run


def codes(report: FileReport) -> set[str]:
    return {found.code for found in report.findings}


def test_a_heic_is_accepted_where_the_rules_name_it(inspect: Inspect) -> None:
    report = inspect(ONE)

    assert report.findings == ()
    assert (report.media_type, report.width, report.height) == ("image/heic", 64, 48)
    assert [(each.width, each.height) for each in report.renditions] == [(64, 48), (64, 48)]


def test_a_heic_is_refused_where_the_rules_do_not_name_it(inspect: Inspect) -> None:
    report = inspect(ONE, LIMITS.model_copy(update={"media_types": ("image/jpeg",)}))

    assert codes(report) == {"unsupported_type"}
    assert (report.width, report.renditions) == (None, ())


def test_a_heic_with_two_pictures_is_refused(inspect: Inspect) -> None:
    assert codes(inspect(TWO)) == {"multi_frame"}


def test_a_heic_over_the_limit_is_refused_from_its_header(inspect: Inspect) -> None:
    report = inspect(ONE[:-60] + bytes(60), LIMITS.model_copy(update={"max_pixels": 1000}))

    assert codes(report) == {"too_many_pixels"}


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (ONE[:-1], {"truncated_image"}),
        (ONE[:200], {"truncated_image"}),
        (ONE[:-100] + bytes(100), {"corrupt_image"}),
        (ONE + b"PK\x05\x06" + bytes(18), {"truncated_image", "embedded_content"}),
        (ONE + b"\0\0\0\x13free<script>x()", {"embedded_content"}),
        (ONE + b"\0\0\0\x08free" * 2000, {"too_complex"}),
    ],
    ids=["one byte short", "cut in the header", "a zeroed tail", "a ZIP appended", "a script in a box", "many boxes"],
)
def test_a_heic_that_is_not_whole_or_not_alone_is_refused(inspect: Inspect, data: bytes, expected: set[str]) -> None:
    assert codes(inspect(data)) == expected


def test_a_shared_brand_is_told_by_the_brands_that_follow() -> None:
    assert sniff(b"\0\0\0\x18ftypmif1\0\0\0\0mif1avif").media_type == "image/avif"
    assert sniff(b"\0\0\0\x18ftypmif1\0\0\0\0mif1heic").media_type == "image/heic"
