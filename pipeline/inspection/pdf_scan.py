import io
import re
from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Any, Final

import pikepdf

from pipeline.inspection.findings import Fault, Finding, finding
from pipeline.kernel.translatable import msgid

MAX_OBJECTS: Final = 100_000
MAX_OBJECT_BYTES: Final = 32 * 1024 * 1024
"""Of the objects as they are written, without their streams."""

MAX_SUSPECT_BYTES: Final = 4 * 1024 * 1024
MAX_SUSPECT_PARTS: Final = 50_000
"""Of the objects that are taken apart, since they have a name that may be harmful."""

_UNPACKED: Final = 16 * 1024 * 1024
"""Of one stream that holds other objects; page contents are not unpacked here."""

_MAX_NESTING: Final = 100
_MAX_WARNINGS: Final = 2000

_SCRIPT: Final = msgid("a script")
_FILE: Final = msgid("an attached file")
_KEYS: Final = {
    "/JS": _SCRIPT,
    "/JavaScript": _SCRIPT,
    "/OnInstantiate": _SCRIPT,
    "/EF": _FILE,
    "/EmbeddedFiles": _FILE,
    "/XFA": msgid("an XFA form"),
    "/RichMediaContent": msgid("a film or a game"),
}
_ACTIONS: Final = {
    "/JavaScript": _SCRIPT,
    "/Launch": msgid("a command that starts a program"),
    "/SubmitForm": msgid("a form that sends what is filled in"),
    "/ImportData": msgid("a command that reads a file"),
    "/GoToE": msgid("a link into an attached file"),
    "/RichMediaExecute": _SCRIPT,
}
_TYPES: Final = {"/EmbeddedFile": _FILE, "/RichMedia": msgid("a film or a game"), "/FileAttachment": _FILE}
_SCHEME: Final = re.compile(r"\s*(?:java|vb)script\s*:", re.IGNORECASE)
# Written out by qpdf, a name has no escapes and an ordinary string shows its text, so an object without these is clean.
_SUSPECT: Final = re.compile(
    rb"/(?:" + b"|".join(sorted({name[1:].encode() for name in (*_KEYS, *_ACTIONS, *_TYPES)})) + rb")(?![^\s/<>\[\]()])"
    rb"|/FontMatrix|/URI"
)


# What qpdf warns of when it leaves objects out: what was not seen is not known to be harmless.
_LEFT_OUT: Final = (
    ("too_complex", re.compile(r"limits error|memory limit exceeded")),
    ("pdf_unreadable", re.compile(r"giving up on reading object|unfilterable stream")),
)


def scan_pdf(data: bytes) -> list[Finding]:
    """Find `pdf_encrypted`, `pdf_unreadable`, `too_complex`, and one `pdf_active_content` for each kind; or nothing.

    The objects themselves are read, in object streams too and whether or not a page leads to them, never the bytes of
    the file: a name may be written in many ways. A link to a web page and an action that goes to a page are harmless.
    """
    found: dict[str, None] = {}
    try:
        _limit()
        with pikepdf.open(io.BytesIO(data)) as pdf:
            found.update(dict.fromkeys(_active(pdf)))
            _require_all_seen(pdf.get_warnings())
    except pikepdf.PasswordError:
        return [finding("pdf_encrypted")]
    except Fault as fault:
        return [*_as_findings(found), finding(str(fault))]
    except (MemoryError, RecursionError):
        return [finding("too_complex")]
    except Exception:  # noqa: BLE001  # qpdf raises many kinds of errors, and each is a finding on the file
        return [finding("pdf_unreadable")]
    return _as_findings(found)


def _as_findings(found: Iterable[str]) -> list[Finding]:
    return [finding("pdf_active_content", found=what) for what in found]


def _limit() -> None:
    """These hold for the whole process, and other parts of it may set them too; so they are set before each file."""
    pikepdf.settings.set_qpdf_limits(
        doc_max_warnings=_MAX_WARNINGS,
        parser_max_nesting=_MAX_NESTING,
        flate_max_memory=_UNPACKED,
        png_max_memory=_UNPACKED,
        run_length_max_memory=_UNPACKED,
    )


def _require_all_seen(warnings: list[str]) -> None:
    for code, sign in _LEFT_OUT:
        if any(sign.search(warning) for warning in warnings):
            raise Fault(code)


def _active(pdf: pikepdf.Pdf) -> Iterator[str]:
    parts = suspect_bytes = 0
    for top, written in _written(pdf):
        if not _SUSPECT.search(written):
            continue
        suspect_bytes += len(written)
        if suspect_bytes > MAX_SUSPECT_BYTES:
            raise Fault("too_complex")
        for part in _dictionaries(top):
            parts += 1
            if parts > MAX_SUSPECT_PARTS:
                raise Fault("too_complex")
            yield from _in_dictionary(part)


def _written(pdf: pikepdf.Pdf) -> Iterator[tuple[Any, bytes]]:
    """Yield each dictionary or array of the document, of a stream its dictionary, and how qpdf writes it."""
    objects, size = pdf.objects, 0
    if len(objects) > MAX_OBJECTS:
        raise Fault("too_complex")
    for each in (pdf.trailer, *objects):
        top = each.stream_dict if isinstance(each, pikepdf.Stream) else each
        if isinstance(top, (pikepdf.Dictionary, pikepdf.Array)):
            written = top.unparse(resolved=True)
            size += len(written)
            if size > MAX_OBJECT_BYTES:
                raise Fault("too_complex")
            yield top, written


def _dictionaries(top: Any) -> Iterator[Any]:
    """Yield each dictionary that is written inside this object; those that it only refers to have their own turn."""
    pending = [top]
    while pending:
        part = pending.pop()
        if isinstance(part, pikepdf.Dictionary):
            yield part
            pending += _inside(part.values())
        else:
            pending += _inside(part)


def _inside(values: Iterable[Any]) -> Iterator[Any]:
    for value in values:
        if isinstance(value, (pikepdf.Dictionary, pikepdf.Array)) and not value.is_indirect:
            yield value


def _in_dictionary(part: Any) -> Iterator[str]:
    for key, value in part.items():
        if key in _KEYS:
            yield _KEYS[key]
        elif key == "/S" and str(value) in _ACTIONS and isinstance(value, pikepdf.Name):
            yield _ACTIONS[str(value)]
        elif key in {"/Type", "/Subtype"} and isinstance(value, pikepdf.Name) and str(value) in _TYPES:
            yield _TYPES[str(value)]
        elif key == "/URI" and isinstance(value, pikepdf.String) and _SCHEME.match(str(value)):
            yield _SCRIPT
        elif key == "/FontMatrix" and not _is_numeric(value):
            # Some viewers build a program from a font's matrix, so anything but numbers in it is code.
            yield _SCRIPT


def _is_numeric(matrix: Any) -> bool:
    return isinstance(matrix, pikepdf.Array) and all(isinstance(each, (int, float, Decimal)) for each in matrix)
