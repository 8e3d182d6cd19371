from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.inspection.jpeg_scan import END, MAX_SEGMENTS, read_jpeg

SEEDS = sorted((Path(__file__).parent / "corpus" / "jpeg").iterdir())
FAULTS = {None, "truncated_image", "corrupt_image", "unsupported_jpeg_variant", "too_complex"}


def holds(data: bytes) -> None:
    header = read_jpeg(data)

    assert header.fault in FAULTS
    assert len(header.segments) <= MAX_SEGMENTS + 1
    assert all(first.end <= second.start for first, second in zip(header.segments, header.segments[1:], strict=False))
    assert all(2 <= each.start < each.end <= len(data) for each in header.segments)
    assert header == read_jpeg(data)
    if header.fault is None:
        assert min(header.width, header.height, header.components) > 0
        assert header.segments[-1].marker == END
        assert read_jpeg(data[: header.segments[-1].end]).fault is None
        assert read_jpeg(data + bytes(100)) == header


def test_the_walk_keeps_its_promises_whatever_the_bytes(fuzz: Callable[[str, Callable[[bytes], None]], None]) -> None:
    fuzz("jpeg", holds)


@pytest.mark.parametrize("path", SEEDS, ids=lambda path: path.name)
def test_every_seed_is_a_whole_jpeg(path: Path) -> None:
    header = read_jpeg(path.read_bytes())

    assert (header.fault, header.embedded) == (None, None)
