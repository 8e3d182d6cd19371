"""PDFs with a page, a note or a structure that programs take differently: shown as far as it goes, and said truly."""

import io
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pikepdf import Array, Dictionary, Name, Pdf, String
from PIL import Image

from pipeline.inspection.file import inspect_file
from pipeline.inspection.report import FileReport
from tests.support.files import file_limits
from tests.support.inspecting import Inspect, codes, inspecting
from tests.support.pdfs import annotated, boxed, document

LIMITS = file_limits(page_side=400)


@pytest.fixture
def inspect(tmp_path: Path) -> Inspect:
    return inspecting(tmp_path, LIMITS)


def dark_pixels(report: FileReport, index: int = 0) -> int:
    large = [each for each in report.renditions if each.purpose == "large"]
    return sum(Image.open(io.BytesIO(large[index].body)).convert("L").histogram()[:128])


BOXES: dict[str, dict[str, Any]] = {
    "no width": {"MediaBox": [0, 0, 0, 842]},
    "no size at all": {"MediaBox": [0, 0, 0, 0]},
    "beyond all numbers": {"MediaBox": [0, 0, 10**12, 10**12]},
    "a hair": {"MediaBox": [0, 0, 14400, 1]},
    "a point that no one can see": {"MediaBox": [0, 0, 0.001, 0.001]},
    "cropped to a point": {"CropBox": [100, 100, 101, 101]},
    "turned over to nothing": {"MediaBox": [-100, -100, -100, -100]},
    "cropped outside the sheet": {"CropBox": [5000, 5000, 6000, 6000]},
    "cropped to nothing": {"CropBox": [100, 100, 100, 100]},
    "words for numbers": {"MediaBox": [String("a"), String("b"), String("c"), String("d")]},
}


@pytest.mark.parametrize("box", BOXES)
def test_one_impossible_page_leaves_the_others_as_they_are(inspect: Inspect, box: str) -> None:
    report = inspect(boxed(**BOXES[box]))

    assert report.accepted
    assert report.pages == 3
    assert "page_without_size" in codes(report)
    assert "page 2." in report.findings[0].message
    assert dark_pixels(report, 0) == dark_pixels(report, 2) > 100


WITHOUT_A_SHEET: dict[str, Any] = {
    "none": None,
    "an impossible one": Array([0, 0, 0, 0]),
    "one beyond all numbers": Array([0, 0, 10**9, 10**9]),
    "no numbers": Array([Name.A, Name.B, Name.C, Name.D]),
    "a name": Name.A4,
}


@pytest.mark.parametrize("above", WITHOUT_A_SHEET)
def test_pages_that_inherit_no_possible_box_have_a_warning(inspect: Inspect, above: str) -> None:
    def spoil(pdf: Pdf) -> None:
        del pdf.pages[1].obj["/MediaBox"]
        if WITHOUT_A_SHEET[above] is not None:
            pdf.Root.Pages.MediaBox = WITHOUT_A_SHEET[above]

    report = inspect(document(spoil, pages=3))

    assert report.accepted
    assert codes(report) == ["page_without_size"]
    assert "page 2." in report.findings[0].message


def test_a_page_that_inherits_a_usual_sheet_has_no_warning(inspect: Inspect) -> None:
    def spoil(pdf: Pdf) -> None:
        del pdf.pages[0].obj["/MediaBox"]
        pdf.Root.Pages.MediaBox = pdf.make_indirect(Array([0, 0, 612, 792]))

    assert codes(inspect(document(spoil))) == []


def test_pages_that_are_only_long_or_turned_over_have_no_warning(inspect: Inspect) -> None:
    assert codes(inspect(boxed(MediaBox=[0, 0, 100, 3000], Resources=Dictionary(), Contents=Array([])))) == []
    assert codes(inspect(boxed(MediaBox=[400, 200, 0, 0]))) == []


LATIN = "/Helv 12 Tf 0 g"
UNDRAWN: dict[str, dict[str, Any]] = {
    "a text in Arabic": {"Subtype": Name.FreeText, "Contents": String("مرحبا"), "DA": String(LATIN)},
    "a line": {"Subtype": Name.Line, "L": Array([100, 60, 290, 140])},
    "a polygon": {"Subtype": Name.Polygon, "Vertices": Array([100, 60, 200, 140, 290, 60])},
    "a stamp": {"Subtype": Name.Stamp, "Name": Name.Approved},
    "a field in Chinese": {
        "Subtype": Name.Widget,
        "FT": Name.Tx,
        "T": String("a"),
        "V": String("银行"),
        "DA": String(LATIN),
    },
}
DRAWN: dict[str, dict[str, Any]] = {
    "a text": {"Subtype": Name.FreeText, "Contents": String("hello"), "DA": String(LATIN)},
    "a square": {"Subtype": Name.Square, "C": Array([0, 0, 0]), "BS": Dictionary(W=4)},
    "a field": {"Subtype": Name.Widget, "FT": Name.Tx, "T": String("a"), "V": String("hello"), "DA": String(LATIN)},
    "a tick": {
        "Subtype": Name.Widget,
        "FT": Name.Btn,
        "T": String("a"),
        "V": Name.Yes,
        "AS": Name.Yes,
        "MK": Dictionary(CA=String("4")),
    },
}
SILENT: dict[str, dict[str, Any]] = {
    "a hidden line": {"Subtype": Name.Line, "L": Array([100, 60, 290, 140]), "F": 2},
    "a link": {"Subtype": Name.Link, "A": Dictionary(S=Name.URI, URI=String("https://example.org"))},
    "an empty field": {"Subtype": Name.Widget, "FT": Name.Tx, "T": String("a")},
    "a place to sign": {"Subtype": Name.Widget, "FT": Name.Sig, "T": String("a")},
    "a sticky note": {"Subtype": Name.Text, "Contents": String("银行")},
}


APPEARANCES: dict[str, Callable[[Pdf], Dictionary]] = {
    "nothing": lambda _: Dictionary(),
    "no states": lambda _: Dictionary(N=Dictionary()),
    "pressed only": lambda pdf: Dictionary(
        D=pdf.make_stream(b"0 0 9 9 re f", Subtype=Name.Form, BBox=Array([0, 0, 9, 9]))
    ),
    "an empty stream": lambda pdf: Dictionary(N=pdf.make_stream(b"", Subtype=Name.Form, BBox=Array([0, 0, 9, 9]))),
}


@pytest.mark.parametrize("kind", [Name.Stamp, Name.Line, Name.Polygon])
@pytest.mark.parametrize("what", APPEARANCES)
def test_an_appearance_with_nothing_in_it_is_none(inspect: Inspect, what: str, kind: Name) -> None:
    def spoil(pdf: Pdf) -> None:
        note = Dictionary(Type=Name.Annot, Subtype=kind, Rect=Array([100, 50, 300, 150]), AP=APPEARANCES[what](pdf))
        pdf.pages[0].obj["/Annots"] = Array([pdf.make_indirect(note)])

    assert codes(inspect(document(spoil))) == ["missing_appearance"]


@pytest.mark.parametrize(("value", "appearance"), [("hello", "an empty stream"), ("银行", None)])
def test_so_it_is_where_a_field_has_its_value_from_the_one_above(
    inspect: Inspect, value: str, appearance: str | None
) -> None:
    def spoil(pdf: Pdf) -> None:
        above = pdf.make_indirect(Dictionary(FT=Name.Tx, T=String("a"), V=String(value), DA=String(LATIN)))
        part = Dictionary(Type=Name.Annot, Subtype=Name.Widget, Rect=Array([100, 50, 300, 150]), Parent=above)
        if appearance:
            part.AP = APPEARANCES[appearance](pdf)
        above.Kids = Array([pdf.make_indirect(part)])
        pdf.pages[0].obj["/Annots"] = above.Kids
        pdf.Root["/AcroForm"] = Dictionary(Fields=Array([above]))

    assert codes(inspect(document(spoil))) == ["missing_appearance"]


@pytest.mark.parametrize("what", UNDRAWN)
def test_what_has_no_appearance_and_cannot_be_drawn_is_a_warning(inspect: Inspect, what: str) -> None:
    report = inspect(annotated(**UNDRAWN[what]))

    assert report.accepted
    assert codes(report) == ["missing_appearance"]


def test_a_field_whose_appearance_shows_nothing_of_its_value_is_a_warning(inspect: Inspect) -> None:
    def spoil(pdf: Pdf) -> None:
        nothing = pdf.make_stream(b"/Tx BMC EMC", Type=Name.XObject, Subtype=Name.Form, BBox=Array([0, 0, 200, 100]))
        field = pdf.make_indirect(
            Dictionary(
                Type=Name.Annot,
                Subtype=Name.Widget,
                FT=Name.Tx,
                T=String("a"),
                V=String("hello"),
                Rect=Array([100, 50, 300, 150]),
                AP=Dictionary(N=nothing),
            )
        )
        pdf.pages[0].obj["/Annots"] = Array([field])
        pdf.Root["/AcroForm"] = Dictionary(Fields=Array([field]))

    assert codes(inspect(document(spoil))) == ["missing_appearance"]


@pytest.mark.parametrize("what", DRAWN)
def test_what_has_no_appearance_is_drawn_where_that_is_possible(inspect: Inspect, what: str) -> None:
    report = inspect(annotated(**DRAWN[what]))

    assert codes(report) == []
    assert dark_pixels(report) > 10


@pytest.mark.parametrize("what", SILENT)
def test_what_is_not_meant_to_be_seen_has_no_warning(inspect: Inspect, what: str) -> None:
    assert codes(inspect(annotated(**SILENT[what]))) == []


def in_a_loop() -> bytes:
    """A tree of pages that holds itself: qpdf refuses it, and PDFium shows its page."""
    return document(
        lambda pdf: pdf.Root.Pages.__setitem__("/Kids", Array([pdf.pages[0].obj, pdf.make_indirect(pdf.Root.Pages)]))
    )


INCONSISTENT = {
    "a tree that holds itself": in_a_loop(),
    "a trailer that is cut off": document()[:-30],
    "a trailer that is broken": re.sub(rb"trailer.*?>>", b"trailer <<", document(), flags=re.DOTALL),
}


@pytest.mark.parametrize("what", INCONSISTENT)
def test_what_one_program_opens_and_another_does_not_is_said_so(inspect: Inspect, what: str) -> None:
    report = inspect(INCONSISTENT[what])

    assert codes(report) == ["pdf_inconsistent"]
    assert "some programs can open it, and others cannot" in report.findings[0].message


@pytest.mark.parametrize("body", [b"", b"garbage" * 100, bytes(range(256)) * 4])
def test_what_no_program_opens_is_damaged(inspect: Inspect, body: bytes) -> None:
    assert codes(inspect(b"%PDF-1.7\n" + body)) == ["pdf_unreadable"]


@pytest.mark.parametrize("name", ["me.png", "me.pdf", "me.exe", "me"])
def test_content_decides_whatever_the_name_says(tmp_path: Path, name: str) -> None:
    path = tmp_path / "upload"
    path.write_bytes(document())

    report = inspect_file(path, limits=LIMITS, filename=name, declared_type="image/png")

    assert report.accepted
    assert codes(report) == ["type_mismatch"]
