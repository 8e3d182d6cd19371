import io
import re
from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Any, Final

import pikepdf

from pipeline.inspection.findings import Fault, Finding, finding
from pipeline.inspection.pdf_seen import Seen, is_empty
from pipeline.inspection.rules import verdict
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
_MAX_ATTACHED_IN: Final = 1

_SCRIPT: Final = msgid("a script")
_FILE: Final = msgid("an attached file")
_FORM: Final = msgid("an XFA form")
_FILM: Final = msgid("a film or a game")
_ACTIONS: Final = {
    "/Launch": msgid("a command that starts a program"),
    "/SubmitForm": msgid("a form that sends what is filled in"),
    "/ImportData": msgid("a command that reads a file"),
    "/GoToE": msgid("a link into an attached file"),
    "/RichMediaExecute": _SCRIPT,
}
_KEYS: Final = ("/JS", "/JavaScript", "/OnInstantiate", "/EF", "/RF", "/EmbeddedFiles", "/XFA", "/RichMediaContent")
_TYPES: Final = ("/EmbeddedFile", "/RichMedia")
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


def scan_pdf(data: bytes, *, nested: int = 0) -> list[Finding]:
    """Find `pdf_encrypted`, `pdf_unreadable`, `too_complex`, and one `pdf_active_content` for each kind; or nothing.

    The objects themselves are read, in object streams too and whether or not a page leads to them, never the bytes of
    the file: a name may be written in many ways. A link to a web page and an action that goes to a page are harmless. Attached data
    (`attached_data`) and scripts of the form's own (`form_scripts`) are warnings. `nested` says how many PDFs this one is attached in.
    """
    seen = Seen(scan_attached=lambda content: _is_harmless(content, nested))
    try:
        _limit()
        with pikepdf.open(io.BytesIO(data)) as pdf:
            _look(pdf, seen)
            _require_all_seen(pdf.get_warnings())
    except pikepdf.PasswordError:
        return [finding("pdf_encrypted")]
    except Fault as fault:
        return [*seen.findings(), finding(str(fault))]
    except (MemoryError, RecursionError):
        return [finding("too_complex")]
    except Exception:  # noqa: BLE001  # qpdf raises many kinds of errors, and each is a finding on the file
        return [finding("pdf_unreadable")]
    return seen.findings()


def _is_harmless(content: bytes, nested: int) -> bool:
    """Whether an attached PDF has nothing in it that would refuse it by itself."""
    return nested < _MAX_ATTACHED_IN and verdict(scan_pdf(content, nested=nested + 1))


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


def _look(pdf: pikepdf.Pdf, seen: Seen) -> None:
    parts = suspect_bytes = 0
    for top, written in _written(pdf, seen):
        if not _SUSPECT.search(written):
            continue
        suspect_bytes += len(written)
        if suspect_bytes > MAX_SUSPECT_BYTES:
            raise Fault("too_complex")
        for part in _dictionaries(top):
            parts += 1
            if parts > MAX_SUSPECT_PARTS:
                raise Fault("too_complex")
            _in_dictionary(part, seen)


def _written(pdf: pikepdf.Pdf, seen: Seen) -> Iterator[tuple[Any, bytes]]:
    """Yield each dictionary or array of the document, of a stream its dictionary, and how qpdf writes it.

    A stream that says of itself that it is an attached file is looked into at once, whatever leads to it.
    """
    objects, size = pdf.objects, 0
    if len(objects) > MAX_OBJECTS:
        raise Fault("too_complex")
    for each in (pdf.trailer, *objects):
        top = each
        if isinstance(each, pikepdf.Stream):
            top = each.stream_dict
            if top.get("/Type") == "/EmbeddedFile":
                seen.attached(each)
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


def _in_dictionary(part: Any, seen: Seen) -> None:
    for key, value in part.items():
        if key in _KEYS:
            _at_key(key, value, part, seen)
        elif key == "/S" and str(value) in _ACTIONS and isinstance(value, pikepdf.Name):
            seen.active(_ACTIONS[str(value)])
        elif key == "/S" and value == "/JavaScript" and "/JS" not in part:
            seen.active(_SCRIPT)
        elif key in {"/Type", "/Subtype"} and isinstance(value, pikepdf.Name) and value == "/RichMedia":
            seen.active(_FILM)
        elif key == "/URI" and isinstance(value, pikepdf.String) and _SCHEME.match(str(value)):
            seen.active(_SCRIPT)
        elif key == "/FontMatrix" and not _is_numeric(value):
            # Some viewers build a program from a font's matrix, so anything but numbers in it is code.
            seen.active(_SCRIPT)


def _at_key(key: str, value: Any, part: Any, seen: Seen) -> None:
    """What a key holds that may act. A tree of names is passed by: what its leaves lead to has a turn of its own."""
    match key:
        case "/JS":
            seen.script(value)
        case "/EF":
            seen.attachments(value, part)
        case "/RF":
            seen.related(value)
        case "/JavaScript" | "/EmbeddedFiles":
            if not isinstance(value, (pikepdf.Dictionary, pikepdf.Array)) and value is not None:
                seen.active(_SCRIPT if key == "/JavaScript" else _FILE)
        case "/XFA":
            if not is_empty(value):
                seen.active(_FORM)
        case _:
            seen.active(_SCRIPT if key == "/OnInstantiate" else _FILM)


def _is_numeric(matrix: Any) -> bool:
    return isinstance(matrix, pikepdf.Array) and all(isinstance(each, (int, float, Decimal)) for each in matrix)
