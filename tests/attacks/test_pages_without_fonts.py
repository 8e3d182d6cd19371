"""Documents that name a font and do not carry it: the reviewer sees the words on any machine, or is told that words are missing."""

import io
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from pipeline.inspection.confinement.confine import DECODER
from pipeline.inspection.file import inspect_file
from pipeline.inspection.fonts.packaged import find_fonts, missing
from pipeline.inspection.report import FileReport
from pipeline.inspection.sandbox import Sandbox
from tests.support.files import file_limits
from tests.support.pdfs import by_collection, by_names, by_numbers

LIMITS = file_limits(page_side=800)
Inspect = Callable[[bytes], FileReport]

TEXTS = {
    "Arabic": "مرحبا",
    "Armenian": "Բարեւ",
    "Bengali": "নমস",
    "Chinese": "银行流水",
    "Cyrillic": "Выписка",
    "Georgian": "გამარჯობა",
    "Greek": "Τράπεζα",
    "Hebrew": "שלום",
    "Hindi": "नमस",
    "Japanese": "あいう銀行",
    "Khmer": "សសខ",
    "Korean": "은행거래",
    "Polish": "łąęśż",
    "Tamil": "வணக",
    "Thai": "สวสด",
}
COLLECTIONS = {
    "Japanese": ("銀行".encode("shift_jis"), "90ms-RKSJ-H", "Japan1", "MS-Gothic"),
    "simplified Chinese": ("银行".encode("gbk"), "GBK-EUC-H", "GB1", "SimSun"),
    "traditional Chinese": ("銀行".encode("big5"), "ETen-B5-H", "CNS1", "MingLiU"),
    "Korean": ("은행".encode("euc_kr"), "KSCms-UHC-H", "Korea1", "Batang"),
}


@pytest.fixture
def inspect(tmp_path: Path) -> Inspect:
    def run(body: bytes) -> FileReport:
        path = tmp_path / "upload"
        path.write_bytes(body)
        return inspect_file(path, limits=LIMITS)

    return run


def dark_pixels(report: FileReport) -> int:
    image = Image.open(io.BytesIO(report.renditions[0].body)).convert("L")
    return sum(image.histogram()[:100])


@pytest.mark.parametrize("font", ["Arial", "Tahoma", "TH-Sarabun,Bold"])
@pytest.mark.parametrize("script", TEXTS)
def test_words_in_any_script_are_drawn_whatever_font_is_named(inspect: Inspect, script: str, font: str) -> None:
    report = inspect(by_names(TEXTS[script], font))

    assert report.findings == ()
    assert dark_pixels(report) > 100


@pytest.mark.parametrize("script", TEXTS)
def test_words_by_numbers_are_drawn(inspect: Inspect, script: str) -> None:
    report = inspect(by_numbers(TEXTS[script], "Arial"))

    assert report.findings == ()
    assert dark_pixels(report) > 100


@pytest.mark.parametrize("collection", COLLECTIONS)
def test_a_font_of_one_of_the_collections_of_east_asia_is_drawn(inspect: Inspect, collection: str) -> None:
    body, encoding, ordering, font = COLLECTIONS[collection]

    report = inspect(by_collection(body, encoding=encoding, ordering=ordering, font=font))

    assert report.findings == ()
    assert dark_pixels(report) > 200


def test_words_in_two_scripts_stand_side_by_side(inspect: Inspect) -> None:
    both, one = (dark_pixels(inspect(by_numbers(text, "Arial"))) for text in ("สวสด银行", "สวสด"))

    assert both > one * 1.5


@pytest.mark.parametrize("text", ["ༀཁག", "ᎣᏏᏲ", "ⵣⵥ"], ids=["Tibetan", "Cherokee", "Tifinagh"])
def test_words_for_which_no_font_is_there_are_a_warning(inspect: Inspect, text: str) -> None:
    report = inspect(by_numbers(text, "Arial"))

    assert report.accepted
    assert [found.code for found in report.findings] == ["unseen_text"]


def test_the_fonts_are_there_and_are_those_of_the_packages() -> None:
    assert missing() == []
    assert all("site-packages" in str(path) or path.is_file() for path in find_fonts().values())


def test_a_child_draws_them_and_still_opens_no_file(tmp_path: Path) -> None:
    path = tmp_path / "upload"
    path.write_bytes(by_numbers(TEXTS["Japanese"], "MS-Mincho"))

    with Sandbox(children=1, required=False, weakened=lambda _: None) as sandbox:
        inspected = sandbox.inspect(path, limits=LIMITS)

    assert not DECODER.readable
    assert inspected.report == inspect_file(path, limits=LIMITS)
    assert dark_pixels(inspected.report) > 200
    assert "noto-cjk-sans-otc" in inspected.report.inspector_version
