"""What a PDF may carry: data that nobody is handed, and nothing that acts."""

import gzip
import io
import tarfile
import zipfile
from pathlib import Path

import pytest
from pikepdf import Array, Dictionary, Name, Pdf, String
from PIL import Image

from tests.support.files import file_limits
from tests.support.inspecting import Inspect, codes, inspecting
from tests.support.pdfs import annotated, attached, document, root, script

LIMITS = file_limits(page_side=200)
INVOICE = b"<?xml version='1.0' encoding='UTF-8'?>\n<rsm:CrossIndustryInvoice xmlns:rsm='urn:x'><a/></rsm:CrossIndustryInvoice>"


def picture(form: str) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (32, 32), "teal").save(out, form)
    return out.getvalue()


def zipped(*names: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name in names:
            archive.writestr(name, b"x" * 100)
    return out.getvalue()


def tarred() -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("a"))
    return out.getvalue()


DATA = {
    "factur-x.xml": INVOICE,
    "order-x.xml": b"\xef\xbb\xbf" + INVOICE,
    "rechnung.XML": INVOICE.decode().encode("utf-16"),
    "Standard.joboptions": b"<<\n  /ASCII85EncodePages false\n  /CannotEmbedFontPolicy /Warning\n>> setdistillerparams",
    "明細.csv": "日付,金額\n2026-01-01,1000\n".encode(),
    "umsatz.csv": "Verwendungszweck;Betrag\nMiete März;1,00".encode("latin-1"),
    "notes.txt": b"Paid in full.\r\n",
    "data.json": b'{"total": 12}',
    "export.txt": b"first page\x0csecond page\r\n\x1a",
    "ubl.xml": b"<Invoice xmlns='urn:oasis:names:specification:ubl:schema:xsd:Invoice-2'><ID>1</ID></Invoice>",
    "scan.jpg": picture("JPEG"),
    "scan.png": picture("PNG"),
    "scan.tif": picture("TIFF"),
    "contract.pdf": document(),
}
ACTS = {
    "evil.exe": b"MZ\x90\x00\x03\x00\x00\x00" + bytes(100),
    "invoice.xml": b"MZ\x90\x00\x03\x00\x00\x00" + bytes(100),
    "readme.txt": b"\x7fELF\x02\x01\x01" + bytes(100),
    "run.sh": b"echo hello",
    "run.txt": b"#!/bin/sh\nrm -rf /",
    "run.js": b"var a = 1;",
    "run.vbs": b"MsgBox 1",
    "run.bat": b"del *",
    "run.ps1": b"Get-Item",
    "macro.xml": b"<?xml version='1.0'?><?mso-application progid='Word.Document'?><w/>",
    "package.xml": b"<pkg:package xmlns:pkg='http://schemas.microsoft.com/office/2006/xmlPackage'/>",
    "writer.xml": b"<?xml version='1.0'?><office:document xmlns:office='urn:oasis:names:tc:opendocument:xmlns:office:1.0'/>",
    "style.xml": b"<xsl:stylesheet xmlns:ms='urn:schemas-microsoft-com:xslt'><ms:script language='JScript'>x</ms:script></xsl:stylesheet>",
    "start.xml": b"<?xml version='1.0'?><jnlp codebase='http://x'/>",
    "batch.txt": b"@echo off\r\ndel /q *.*",
    "sheet.txt": b"ID;PWXL;N;E\nC;X1;Y1;K0;ECALL(1)",
    "link.txt": b"[InternetShortcut]\r\nURL=file://x",
    "page.txt": b"%!PS-Adobe-3.0\nshowpage",
    "evil.exe:invoice.xml": b"a part of a file",
    "page.html": b"<html><body>hello</body></html>",
    "page.xml": b"<html xmlns='http://www.w3.org/1999/xhtml'><script>x()</script></html>",
    "drawing.svg": b"<svg xmlns='http://www.w3.org/2000/svg'/>",
    "drawing.xml": b"<?xml version='1.0'?><svg:svg xmlns:svg='http://www.w3.org/2000/svg'/>",
    "letter.rtf": b"{\\rtf1 hello}",
    "letter.txt": b"{\\rtf1 hello}",
    "letter.docx": zipped("[Content_Types].xml", "word/document.xml"),
    "sheet.xml": zipped("[Content_Types].xml", "xl/workbook.xml"),
    "old.doc": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600),
    "old.txt": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600),
    "all.zip": zipped("a"),
    "all.csv": zipped("a"),
    "all.tar": tarred(),
    "all.txt": tarred(),
    "all.gz": gzip.compress(b"hello"),
    "all.json": gzip.compress(b"hello"),
    "link.lnk": b"L\x00\x00\x00",
    "scan.jpg": picture("JPEG") + zipped("a"),
    "scan.pdf": script("app.launchURL('http://x')"),
    "outer.pdf": attached({"inner.pdf": document()}),
    "cut.pdf": b"%PDF-1.7\nnothing",
}


@pytest.fixture
def inspect(tmp_path: Path) -> Inspect:
    return inspecting(tmp_path, LIMITS)


@pytest.mark.parametrize("name", DATA)
def test_attached_data_is_accepted_and_named_to_the_reviewer(inspect: Inspect, name: str) -> None:
    report = inspect(attached({name: DATA[name]}))

    assert report.accepted
    assert codes(report) == ["attached_data"]
    assert name in report.findings[0].message


@pytest.mark.parametrize("name", ACTS)
def test_what_acts_or_hides_what_acts_is_refused(inspect: Inspect, name: str) -> None:
    report = inspect(attached({"invoice.xml": INVOICE} | {name: ACTS[name]}))

    assert codes(report) == ["pdf_active_content"]
    assert report.renditions == ()


def test_a_program_that_nothing_leads_to_is_refused(inspect: Inspect) -> None:
    def spoil(pdf: Pdf) -> None:
        pdf.Root["/Kept"] = pdf.make_stream(b"MZ\x90\x00\x03\x00\x00\x00", Type=Name.EmbeddedFile)

    assert codes(inspect(document(spoil))) == ["pdf_active_content"]


def test_a_second_name_and_a_related_file_count_too(inspect: Inspect) -> None:
    def two_names(pdf: Pdf) -> None:
        file = pdf.make_stream(INVOICE)
        pdf.Root["/AF"] = Array(
            [Dictionary(Type=Name.Filespec, F=String("a.exe"), UF=String("a.xml"), EF=Dictionary(F=file))]
        )

    def related(pdf: Pdf) -> None:
        files = Dictionary(F=Array([String("a.exe"), pdf.make_stream(b"MZ")]))
        pdf.Root["/AF"] = Array([Dictionary(Type=Name.Filespec, F=String("a.xml"), RF=files)])

    assert codes(inspect(document(two_names))) == ["pdf_active_content"]
    assert codes(inspect(document(related))) == ["pdf_active_content"]


def test_more_bytes_or_files_than_honest_documents_attach_are_refused(inspect: Inspect) -> None:
    bomb = attached({f"{number}.txt": b"a" * 9_000_000 for number in range(4)})
    many = attached({f"{number}.txt": b"%d" % number for number in range(101)})

    assert "too_complex" in codes(inspect(bomb))
    assert "too_complex" in codes(inspect(many))


RIGHTS = Dictionary(EF=Array([Name.Create, Name.Delete]), Form=Array([Name.FillIn]), Type=Name.TransformParams)
EMPTY = {
    "usage rights": root(Perms=Dictionary(UR3=Dictionary(Reference=Array([Dictionary(TransformParams=RIGHTS)])))),
    "usage rights by a name": root(Perms=Dictionary(UR3=Dictionary(EF=Name.Create))),
    "a tree of no files": root(Names=Dictionary(EmbeddedFiles=Dictionary(Names=Array([])))),
    "a tree of empty branches": root(
        Names=Dictionary(EmbeddedFiles=Dictionary(Kids=Array([Dictionary(Names=Array([]))])))
    ),
    "a tree of no scripts": root(Names=Dictionary(JavaScript=Dictionary(Names=Array([])))),
    "an empty form of XFA": root(AcroForm=Dictionary(Fields=Array([]), XFA=Array([]))),
    "a form of XFA without a word": root(AcroForm=Dictionary(Fields=Array([]), XFA=String(""))),
    "an empty packet of XFA": lambda pdf: root(
        AcroForm=Dictionary(Fields=Array([]), XFA=Array([String("template"), pdf.make_stream(b"")]))
    )(pdf),
    "a specification without a file": root(
        AF=Array([Dictionary(Type=Name.Filespec, F=String("a.exe"), EF=Dictionary())])
    ),
}


@pytest.mark.parametrize("what", EMPTY)
def test_where_nothing_is_inside_there_is_no_finding(inspect: Inspect, what: str) -> None:
    assert codes(inspect(document(EMPTY[what]))) == []


def test_a_pin_without_a_file_is_only_one_that_cannot_be_drawn(inspect: Inspect) -> None:
    assert codes(inspect(annotated(Subtype=Name.FileAttachment))) == ["missing_appearance"]


@pytest.mark.parametrize("form", [Array([String("template"), String("<xdp/>")]), String("<xdp/>"), Dictionary(a=1)])
def test_a_form_of_xfa_with_anything_in_it_is_refused(inspect: Inspect, form: object) -> None:
    def spoil(pdf: Pdf) -> None:
        packet = Array([String("template"), pdf.make_stream(b"<xdp/>")]) if isinstance(form, Array) else form
        pdf.Root["/AcroForm"] = Dictionary(XFA=packet)

    assert codes(inspect(document(spoil))) == ["pdf_active_content"]
