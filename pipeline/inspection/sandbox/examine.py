import io
from collections.abc import Mapping
from hashlib import sha256 as digest_of
from importlib import import_module
from typing import Any, BinaryIO, Final

from PIL import Image

from pipeline.inspection.file import inspect_open_file
from pipeline.inspection.report import FileReport
from pipeline.inspection.signals.every import signals_of
from pipeline.policy.files import FileLimits

_ANY: Final = FileLimits(
    media_types=("image/jpeg", "image/png", "image/webp", "image/heic", "application/pdf"),
    max_bytes=2**20,
    max_pixels=2**20,
    max_side=2**10,
    min_side=1,
    max_pages=1,
    large_side=64,
    small_side=32,
    page_side=64,
    quality=85,
)
_LOADED_AT_FIRST_USE: Final = (
    "_strptime",
    "encodings.idna",
    "encodings.latin_1",
    "encodings.ascii",
    "encodings.utf_16",
    "encodings.utf_16_le",
    "encodings.utf_8_sig",
)
_WITHOUT_ITS_FONT: Final = b"""%PDF-1.4
1 0 obj <</Type /Catalog /Pages 2 0 R>> endobj
2 0 obj <</Type /Pages /Kids [3 0 R] /Count 1>> endobj
3 0 obj <</Type /Page /Parent 2 0 R /MediaBox [0 0 72 72] /Contents 4 0 R /Resources <</Font <</F 5 0 R>>>>>> endobj
4 0 obj <</Length 37>> stream
BT /F 24 Tf 10 30 Td <82A082A2> Tj ET
endstream endobj
5 0 obj <</Type /Font /Subtype /Type0 /BaseFont /NotHere /Encoding /90ms-RKSJ-H /DescendantFonts [6 0 R]>> endobj
6 0 obj <</Type /Font /Subtype /CIDFontType2 /BaseFont /NotHere /CIDSystemInfo 7 0 R /FontDescriptor 8 0 R>> endobj
7 0 obj <</Registry (Adobe) /Ordering (Japan1) /Supplement 2>> endobj
8 0 obj <</Type /FontDescriptor /FontName /NotHere /Flags 4>> endobj
trailer <</Root 1 0 R>>
"""


def examine(  # all but the first have a name
    file: BinaryIO,
    *,
    sha256: str,
    limits: FileLimits,
    declared_type: str | None,
    filename: str | None,
    with_signals: bool,
) -> tuple[FileReport, Mapping[str, object]]:
    """Inspect the file; an accepted one also gives signals."""
    report = inspect_open_file(file, sha256=sha256, limits=limits, declared_type=declared_type, filename=filename)
    return report, signals_of(report) if report.accepted and with_signals else {}


_MADE: Final[dict[bytes, FileReport]] = {}
"""What was examined to warm up, with what was found in it."""


def still_works() -> bool:
    """Whether a confined child finds in the files that were made here what was found in them before."""
    return bool(_MADE) and all(_examined(body) == report for body, report in _MADE.items())


def warm_up() -> None:
    """Load now what is otherwise loaded at its first use, for a child can open no module and no library any more.

    Files of each kind that are made here are examined, good and broken ones, and a document that names a font and has none.
    """
    Image.init()
    for name in _LOADED_AT_FIRST_USE:
        import_module(name)
    picture = Image.linear_gradient("L").convert("RGB")
    for kind in ("jpeg", "png", "webp", "pdf"):
        out = io.BytesIO()
        exif: dict[str, Any] = {} if kind == "pdf" else {"exif": _exif()}
        picture.save(out, format=kind, **exif)
        body = out.getvalue()
        for each in (body, body[: len(body) // 2]):
            _MADE[each] = _examined(each)
    _MADE[_WITHOUT_ITS_FONT] = _examined(_WITHOUT_ITS_FONT)


def _exif() -> Image.Exif:
    exif = Image.Exif()
    exif[0x0131] = "Proofdesk"
    exif.get_ifd(0x8769)[0x9003] = "2026:11:29 12:00:00"
    return exif


def _examined(body: bytes) -> FileReport:
    sha256 = digest_of(body).hexdigest()
    report, _ = examine(
        io.BytesIO(body), sha256=sha256, limits=_ANY, declared_type=None, filename=None, with_signals=True
    )
    return report
