from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.inspection.pdf_scan import scan_pdf

SEEDS = sorted((Path(__file__).parent / "corpus" / "pdf").iterdir())
CODES = {"pdf_encrypted", "pdf_unreadable", "pdf_active_content", "too_complex", "attached_data", "form_scripts"}


def holds(data: bytes) -> None:
    found = scan_pdf(data)

    assert {each.code for each in found} <= CODES
    assert len({(each.code, each.message) for each in found}) == len(found)
    assert found == scan_pdf(data)


def test_the_scan_keeps_its_promises_whatever_the_bytes(fuzz: Callable[[str, Callable[[bytes], None]], None]) -> None:
    fuzz("pdf", holds)


@pytest.mark.parametrize("path", SEEDS, ids=lambda path: path.name)
def test_every_seed_is_judged_as_its_name_says(path: Path) -> None:
    codes = {each.code for each in scan_pdf(path.read_bytes())}

    assert codes == ({"pdf_active_content"} if path.stem.startswith("active") else set())
