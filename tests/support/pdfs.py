"""Small PDFs as programs write them, with one thing that is unusual."""

import io
from collections.abc import Callable, Mapping
from typing import Any

import pikepdf
from pikepdf import Array, Dictionary, Name, String

Spoil = Callable[[pikepdf.Pdf], object]


def document(spoil: Spoil = lambda _: None, *, pages: int = 1) -> bytes:
    """Blank pages of 400 by 200 points, changed by `spoil` before they are saved."""
    out = io.BytesIO()
    with pikepdf.new() as pdf:
        for _ in range(pages):
            pdf.add_blank_page(page_size=(400, 200))
        spoil(pdf)
        pdf.save(out)
    return out.getvalue()


def root(**parts: Any) -> Spoil:
    """Give the catalog these parts."""
    return lambda pdf: [pdf.Root.__setitem__(f"/{name}", value) for name, value in parts.items()]


def script(text: str | bytes) -> bytes:
    """A document that runs this script when it is opened."""
    return document(root(OpenAction=Dictionary(S=Name.JavaScript, JS=String(text))))


def attached(files: Mapping[str, bytes]) -> bytes:
    """A document with these files attached, by their names."""

    def attach(pdf: pikepdf.Pdf) -> None:
        for name, body in files.items():
            pdf.attachments[name] = body

    return document(attach)


def annotated(**parts: Any) -> bytes:
    """A document with one annotation, which a form has as its field where it is a widget."""
    box = Array([100, 50, 300, 150])

    def annotate(pdf: pikepdf.Pdf) -> None:
        note = pdf.make_indirect(Dictionary(Type=Name.Annot, Rect=box, **parts))
        pdf.pages[0].obj["/Annots"] = Array([note])
        if note.Subtype == Name.Widget:
            pdf.Root["/AcroForm"] = Dictionary(Fields=Array([note]))

    return document(annotate)


def boxed(*, pages: int = 3, **boxes: Any) -> bytes:
    """Pages with words, the second of which has these boxes."""

    def spoil(pdf: pikepdf.Pdf) -> None:
        for page in pdf.pages:
            page.obj["/Resources"] = Dictionary(
                Font=Dictionary(F=Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica))
            )
            page.obj["/Contents"] = pdf.make_stream(b"BT /F 24 Tf 20 100 Td (Proofdesk) Tj ET")
        for name, box in boxes.items():
            pdf.pages[1].obj[f"/{name}"] = Array(box) if isinstance(box, list) else box

    return document(spoil, pages=pages)


def by_names(text: str, font: str) -> bytes:
    """A page with these words in a simple font that is not in the file; each character has its name."""
    signs = sorted(set(text))
    codes = {sign: 65 + at for at, sign in enumerate(signs)}
    names = [Name(f"/uni{ord(sign):04X}") for sign in signs]

    def write(pdf: pikepdf.Pdf) -> None:
        used = Dictionary(
            Type=Name.Font,
            Subtype=Name.TrueType,
            BaseFont=Name(f"/{font}"),
            FirstChar=65,
            LastChar=64 + len(signs),
            Widths=Array([600] * len(signs)),
            Encoding=Dictionary(Type=Name.Encoding, Differences=Array([65, *names])),
            FontDescriptor=_descriptor(font),
        )
        _write(pdf, used, bytes(codes[sign] for sign in text))

    return document(write)


def by_numbers(text: str, font: str) -> bytes:
    """A page with these words in a composite font that is not in the file; a table says which number is which character."""
    pairs = " ".join(f"<{ord(sign):04X}> <{ord(sign):04X}>" for sign in sorted(set(text)))
    table = (
        "/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapName /X def /CMapType 2 def "
        f"1 begincodespacerange <0000> <FFFF> endcodespacerange {len(set(text))} beginbfchar {pairs} endbfchar endcmap end end"
    )

    def write(pdf: pikepdf.Pdf) -> None:
        _write(
            pdf,
            _composite(font, "Identity-H", "Identity", ToUnicode=pdf.make_stream(table.encode())),
            text.encode("utf-16-be"),
        )

    return document(write)


def by_collection(body: bytes, *, encoding: str, ordering: str, font: str) -> bytes:
    """A page with these bytes in a font of one of Adobe's collections, as programs of East Asia write it."""
    return document(lambda pdf: _write(pdf, _composite(font, encoding, ordering), body))


def _write(pdf: pikepdf.Pdf, font: Any, body: bytes) -> None:
    page = pdf.pages[0].obj
    page["/Resources"] = Dictionary(Font=Dictionary(F=font))
    page["/Contents"] = pdf.make_stream(f"BT /F 24 Tf 20 100 Td <{body.hex()}> Tj ET".encode())


def _composite(font: str, encoding: str, ordering: str, **parts: Any) -> Any:
    below = Dictionary(
        Type=Name.Font,
        Subtype=Name.CIDFontType2,
        BaseFont=Name(f"/{font}"),
        CIDSystemInfo=Dictionary(Registry=String("Adobe"), Ordering=String(ordering), Supplement=0),
        DW=1000,
        FontDescriptor=_descriptor(font),
    )
    return Dictionary(
        Type=Name.Font,
        Subtype=Name.Type0,
        BaseFont=Name(f"/{font}"),
        Encoding=Name(f"/{encoding}"),
        DescendantFonts=Array([below]),
        **parts,
    )


def _descriptor(font: str) -> Any:
    return Dictionary(
        Type=Name.FontDescriptor,
        FontName=Name(f"/{font}"),
        Flags=32,
        FontBBox=Array([0, 0, 1000, 1000]),
        ItalicAngle=0,
        Ascent=900,
        Descent=-200,
        CapHeight=700,
        StemV=80,
    )
