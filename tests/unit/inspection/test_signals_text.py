import shutil

import pytest

from pipeline.inspection.report import PageText, Rendition, Word
from pipeline.inspection.signals.every import text_layer
from pipeline.inspection.signals.match import matches
from pipeline.inspection.signals.ocr import read_pages, words_of
from tests.drawings import material
from tests.support.signals import as_rendition, page


def test_the_signal_counts_the_words_of_each_page() -> None:
    assert text_layer([page("Two words"), PageText(2, 595, 842)]) == {
        "source": "text_layer",
        "words": 2,
        "pages": [{"page": 1, "words": 2}, {"page": 2, "words": 0}],
    }


def test_a_scan_has_no_source_of_words() -> None:
    assert text_layer([PageText(1, 595, 842)])["source"] is None


TABLE = """\
level page_num block_num par_num line_num word_num left top width height conf text
1 1 0 0 0 0 0 0 400 200 -1 -
5 1 1 1 1 1 40 20 100 30 96.5 Total
5 1 1 1 1 2 150 20 100 30 12.0 smudge
""".replace(" ", "\t")


def test_words_read_off_a_picture_have_their_boxes_and_unsure_ones_are_left_out() -> None:
    rendition = Rendition("large", 1, "image/jpeg", 400, 200, b"", "")

    assert list(words_of(TABLE, rendition)) == [Word("Total", 0.1, 0.1, 0.35, 0.25)]


@pytest.mark.skipif(shutil.which("tesseract") is None, reason="needs the program tesseract")
def test_tesseract_reads_what_a_screenshot_shows() -> None:
    shown = material("social_media_home", identity="influencer", seed=1)

    texts = read_pages([as_rendition(shown.body)])

    result = matches({name: str(value) for name, value in shown.facts.items()}, texts)
    assert result["account"]["found"]


def test_a_picture_that_cannot_be_read_has_no_words() -> None:
    broken = Rendition("large", 1, "image/jpeg", 10, 10, b"no picture", "")

    assert all(text.words == () for text in read_pages([broken]))
