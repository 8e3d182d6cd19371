import io
import struct
import zlib
from collections.abc import Callable
from typing import Any

import pikepdf
import pytest
from pikepdf import Array, Dictionary, Name, String
from reportlab.pdfgen.canvas import Canvas

from pipeline.inspection.pdf_scan import MAX_OBJECTS, scan_pdf
from pipeline.inspection.report import FileReport
from tests.support.files import file_limits

LIMITS = file_limits(
    media_types=("application/pdf",),
    max_bytes=20 * 1024 * 1024,
    max_pages=5,
    large_side=512,
    small_side=128,
    page_side=400,
    quality=85,
)
Inspect = Callable[[bytes], FileReport]
Spoil = Callable[[pikepdf.Pdf], object]


def document(spoil: Spoil = lambda _: None, pages: int = 1) -> bytes:
    out = io.BytesIO()
    with pikepdf.new() as pdf:
        for _ in range(pages):
            pdf.add_blank_page()
        spoil(pdf)
        pdf.save(out, object_stream_mode=pikepdf.ObjectStreamMode.generate)
    return out.getvalue()


def action(**parts: Any) -> Spoil:
    return lambda pdf: pdf.Root.__setitem__("/OpenAction", Dictionary(**parts))


def note(**parts: Any) -> Spoil:
    return lambda pdf: pdf.pages[0].obj.__setitem__("/Annots", Array([Dictionary(Type=Name.Annot, **parts)]))


def written(catalog: bytes, more: bytes = b"") -> bytes:
    return (
        b"%PDF-1.5\n1 0 obj\n<</Type/Catalog/Pages 2 0 R" + catalog + b">>\nendobj\n"
        b"2 0 obj\n<</Type/Pages/Kids[3 0 R]/Count 1>>\nendobj\n"
        b"3 0 obj\n<</Type/Page/Parent 2 0 R/MediaBox[0 0 99 99]/Resources<<>>>>\nendobj\n"
        + more
        + b"trailer\n<</Root 1 0 R/Size 9>>\nstartxref\n0\n%%EOF\n"
    )


def in_object_stream(body: bytes) -> bytes:
    """A document whose object 5 is in an object stream with this body."""
    start, offsets = b"%PDF-1.5\n", []
    stream = b"<</Type/ObjStm/N 1/First 4/Filter/FlateDecode/Length %d>>\nstream\n" % len(body) + body + b"\nendstream"
    catalog, pages = b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Kids[3 0 R]/Count 1>>"
    page = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 99 99]/Resources<<>>>>"
    for number, each in enumerate((catalog, pages, page, stream), 1):
        offsets.append(len(start))
        start += b"%d 0 obj\n" % number + each + b"\nendobj\n"
    rows = [(0, 0, 65535), *((1, offset, 0) for offset in offsets), (2, 4, 0), (1, len(start), 0)]
    table = b"".join(struct.pack(">BIH", *row) for row in rows)
    head = b"6 0 obj\n<</Type/XRef/Size 7/W[1 4 2]/Root 1 0 R/Length %d>>\nstream\n" % len(table)
    return start + head + table + b"\nendstream\nendobj\nstartxref\n%d\n%%%%EOF\n" % len(start)


def attach(pdf: pikepdf.Pdf) -> None:
    pdf.attachments["evil.exe"] = b"MZ"


def codes(report: FileReport) -> set[str]:
    return {found.code for found in report.findings}


ACTIVE: dict[str, bytes] = {
    "a script when it opens": document(action(S=Name.JavaScript, JS=String("app.alert(1)"))),
    "a script in a stream": document(lambda pdf: action(S=Name.JavaScript, JS=pdf.make_stream(b"x"))(pdf)),
    "a named script": document(
        lambda pdf: pdf.Root.__setitem__(
            "/Names",
            Dictionary(
                JavaScript=Dictionary(Names=Array([String("a"), Dictionary(S=Name.JavaScript, JS=String("app.x()"))]))
            ),
        )
    ),
    "a program": document(action(S=Name.Launch, F=String("calc.exe"))),
    "a program behind another action": document(
        action(S=Name.GoTo, Next=Array([Dictionary(S=Name.Launch, F=String("x"))]))
    ),
    "a form that sends": document(note(Subtype=Name.Link, A=Dictionary(S=Name.SubmitForm, F=String("http://x")))),
    "a form that reads a file": document(note(Subtype=Name.Link, A=Dictionary(S=Name.ImportData, F=String("x")))),
    "a link into a file": document(note(Subtype=Name.Link, A=Dictionary(S=Name.GoToE, D=String("x")))),
    "an attached file": document(attach),
    "a film": document(note(Subtype=Name.RichMedia)),
    "an XFA form": document(lambda pdf: pdf.Root.__setitem__("/AcroForm", Dictionary(XFA=String("<xdp/>")))),
    "a link that is a script": document(note(Subtype=Name.Link, A=Dictionary(S=Name.URI, URI=String("JavaScript:x")))),
    "a font that is a script": document(
        lambda pdf: pdf.Root.__setitem__("/F", Dictionary(FontMatrix=Array([1, 2, String("1); alert(1)")])))
    ),
    "an object that nothing leads to": written(b"", b"7 0 obj\n<</S/Launch>>\nendobj\n"),
    "names with escapes": written(b"/OpenAction<</S/J#61vaScript/J#53(x)>>"),
    "an action named with escapes": written(b"/OpenAction<</S/#4Caunch/F(x)>>"),
    "a script far down": written(b"", b"7 0 obj\n" + b"[" * 90 + b"<</JS(x)>>" + b"]" * 90 + b"\nendobj\n"),
    "a script in an object stream": in_object_stream(zlib.compress(b"5 0 <</JS(x)>>")),
}
HARMLESS: dict[str, bytes] = {
    "nothing": document(),
    "an action that goes to a page": document(action(S=Name.GoTo, D=Array([0, Name.Fit]))),
    "a place to open at": document(
        lambda pdf: pdf.Root.__setitem__("/OpenAction", Array([pdf.pages[0].obj, Name.Fit]))
    ),
    "a link": document(
        note(Subtype=Name.Link, A=Dictionary(S=Name.URI, URI=String("https://example.org/?javascript:")))
    ),
    "a title that speaks of scripts": document(
        lambda pdf: pdf.docinfo.__setitem__("/Title", String("/JavaScript /JS (x) /Launch"))
    ),
    "a form": document(lambda pdf: pdf.Root.__setitem__("/AcroForm", Dictionary(Fields=Array([])))),
    "a form that is cleared": document(note(Subtype=Name.Link, A=Dictionary(S=Name.ResetForm))),
    "a border style": document(note(Subtype=Name.Square, BS=Dictionary(S=Name.S, W=1))),
    "a font's matrix": document(
        lambda pdf: pdf.Root.__setitem__("/F", Dictionary(FontMatrix=Array([0, 1, 2.5, 0, 0, 0])))
    ),
    "a script in a string of bytes": written(b"", b"7 0 obj\n(/JS /Launch)\nendobj\n"),
}


@pytest.mark.parametrize("name", ACTIVE)
def test_a_pdf_that_can_act_is_refused(inspect: Inspect, name: str) -> None:
    report = inspect(ACTIVE[name])

    assert codes(report) == {"pdf_active_content"}
    assert (report.pages, report.renditions) == (1, ())


@pytest.mark.parametrize("name", HARMLESS)
def test_a_pdf_that_only_shows_is_accepted(inspect: Inspect, name: str) -> None:
    assert inspect(HARMLESS[name]).findings == ()


def test_each_kind_of_active_content_is_said_once_and_so_are_too_many_pages(inspect: Inspect) -> None:
    def spoil(pdf: pikepdf.Pdf) -> None:
        attach(pdf)
        pdf.Root["/A"] = Array([Dictionary(S=Name.JavaScript, JS=String("x"))] * 3)

    report = inspect(document(spoil, pages=6))

    assert sorted(found.code for found in report.findings) == ["pdf_active_content"] * 2 + ["pdf_too_many_pages"]


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (written(b"", b"7 0 obj\n" + b"[" * 110 + b"<</JS(x)>>" + b"]" * 110 + b"\nendobj\n"), {"too_complex"}),
        (written(b"", b"7 0 obj\n" + b"<</A" * 1_000_000 + b"\nendobj\n"), {"too_complex"}),
        (written(b"", b"7 0 obj\n[" + b"foo " * 50 + b"<</JS(x)>>]\nendobj\n"), {"pdf_unreadable"}),
        (in_object_stream(zlib.compress(b"5 0 <</A 1" + b" " * 50_000_000 + b"/JS(x)>>")), {"too_complex"}),
        (in_object_stream(b"not packed at all"), {"pdf_unreadable"}),
        (document(lambda pdf: pdf.Root.__setitem__("/A", Array([Dictionary(URI="x")] * 60_000))), {"too_complex"}),
    ],
    ids=["too deep", "far too deep", "broken", "a bomb", "a broken stream", "too many parts"],
)
def test_a_pdf_that_cannot_be_looked_through_is_refused(data: bytes, expected: set[str]) -> None:
    assert {found.code for found in scan_pdf(data)} == expected


def test_a_pdf_of_too_many_objects_is_refused() -> None:
    objects = b"".join(b"%d 0 obj\n1\nendobj\n" % number for number in range(10, MAX_OBJECTS + 20))

    assert {found.code for found in scan_pdf(written(b"", objects))} == {"too_complex"}


def test_the_words_of_a_page_are_kept_with_their_places(inspect: Inspect) -> None:
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=(200, 400), invariant=True)
    canvas.setFont("Helvetica", 20)
    canvas.drawString(20, 300, "Store name")
    canvas.showPage()
    canvas.showPage()
    canvas.save()

    first, second = inspect(out.getvalue()).texts

    assert (first.page, first.width, first.height) == (1, 200, 400)
    assert [word.text for word in first.words] == ["Store", "name"]
    assert first.words[0][1:] == pytest.approx((0.1, 0.21, 0.34, 0.25), abs=0.01)
    assert first.words[0].x1 < first.words[1].x0
    assert (second.page, second.words) == (2, ())


def test_the_places_of_words_are_those_on_the_page_as_it_is_shown(inspect: Inspect) -> None:
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=(200, 400), invariant=True)
    canvas.drawString(10, 10, "corner")
    canvas.save()
    turned = io.BytesIO()
    with pikepdf.open(out) as pdf:
        pdf.pages[0].rotate(90, relative=False)
        pdf.save(turned)

    (page,) = inspect(turned.getvalue()).texts

    assert (page.width, page.height) == (400, 200)
    assert page.words[0].x1 < 0.1
    assert page.words[0].y0 < 0.1


def test_a_refused_pdf_is_not_read(inspect: Inspect) -> None:
    assert inspect(ACTIVE["a program"]).texts == ()
