from collections.abc import Callable
from typing import Any, Final

import pikepdf

from pipeline.inspection.findings import Fault, Finding, finding
from pipeline.inspection.pdf_attachments import (
    MOST_ATTACHMENTS,
    MOST_BYTES,
    is_data,
    is_name_of_data,
    is_pdf,
    shown_name,
)
from pipeline.inspection.pdf_form_scripts import LONGEST, is_form_script
from pipeline.kernel.translatable import msgid

_SCRIPT: Final = msgid("a script")
_FILE: Final = msgid("an attached file")
_UNNAMED: Final = "(unnamed)"
_MOST_NAMES: Final = 10
_MOST_SCRIPTS: Final = 1000
_NO_SCRIPT: Final = "`"
_NOTHING_PACKED: Final = 64


class Seen:
    """What was seen in a PDF's objects: what acts, what is attached, and scripts that are the form's own."""

    def __init__(self, *, scan_attached: Callable[[bytes], bool]) -> None:
        """`scan_attached` says whether an attached PDF is harmless."""
        self._scan_attached = scan_attached
        self._active: dict[str, None] = {}
        self._names: dict[str, None] = {}
        self._judged: dict[tuple[int, int], bool] = {}
        self._bytes = self._scripts = 0
        self._form_scripts = False

    def findings(self) -> list[Finding]:
        """One error for each kind of what acts, then the warnings."""
        found = [finding("pdf_active_content", found=what) for what in self._active]
        if self._names and _FILE not in self._active:
            found.append(finding("attached_data", names=list(self._names)[:_MOST_NAMES]))
        if self._form_scripts and _SCRIPT not in self._active:
            found.append(finding("form_scripts"))
        return found

    def active(self, what: str) -> None:
        """Note something that can act on a reader's computer."""
        self._active[what] = None

    def script(self, value: Any) -> None:
        """Judge a script. An empty one is no form's own: nothing is known of what it is for."""
        self._scripts += 1
        if self._scripts > _MOST_SCRIPTS:
            raise Fault("too_complex")
        if is_form_script(self._text(value)):
            self._form_scripts = True
        else:
            self.active(_SCRIPT)

    def attachments(self, files: Any, named_by: Any) -> None:
        """Judge the files that a file specification holds. Names here say what a reader is permitted to do, and hold none."""
        permitted = files if isinstance(files, pikepdf.Array) else [files]
        if files is None or all(isinstance(each, pikepdf.Name) for each in permitted):
            return
        if not isinstance(files, pikepdf.Dictionary):
            self.active(_FILE)
            return
        names = [str(named_by[key]) for key in ("/UF", "/F", "/DOS", "/Mac", "/Unix") if _is_text(named_by.get(key))]
        for value in files.values():
            if value is not None:
                self.attached(value, *names)

    def related(self, files: Any) -> None:
        """Judge the files that belong to an attached one: lists of names and files by turns."""
        if isinstance(files, pikepdf.Dictionary):
            for each in files.values():
                listed = list(each) if isinstance(each, pikepdf.Array) else [each]
                names = [str(name) for name in listed if isinstance(name, pikepdf.String)]
                for file in listed:
                    if isinstance(file, pikepdf.Stream):
                        self.attached(file, *names)

    def attached(self, file: Any, *names: str) -> None:
        """Judge one attached file, whose content and whose every name must be those of data."""
        if not isinstance(file, pikepdf.Stream) or not all(map(is_name_of_data, names)) or not self._is_data(file):
            self.active(_FILE)
        elif shown := next(filter(None, map(shown_name, names)), None):
            self._names.pop(_UNNAMED, None)
            self._names[shown] = None
        elif not self._names:
            self._names[_UNNAMED] = None

    def _is_data(self, file: Any) -> bool:
        known = file.objgen
        if known not in self._judged:
            if len(self._judged) >= MOST_ATTACHMENTS:
                raise Fault("too_complex")
            content = self._content(file)
            judge = self._scan_attached if content and is_pdf(content) else is_data
            self._judged[known] = content is not None and judge(content)
        return self._judged[known]

    def _text(self, value: Any) -> str:
        """A script as text; what is none becomes one that nothing allows."""
        if isinstance(value, pikepdf.Stream):
            content = self._content(value)
            return _NO_SCRIPT if content is None else str(pikepdf.String(content[: 4 * LONGEST]))
        return str(value) if isinstance(value, pikepdf.String) else _NO_SCRIPT

    def _content(self, stream: Any) -> bytes | None:
        """The stream's bytes, unpacked within qpdf's limits; None where that is not possible."""
        content = _unpacked(stream)
        self._bytes += len(content or b"")
        if self._bytes > MOST_BYTES:
            raise Fault("too_complex")
        return content


def is_empty(value: Any) -> bool:
    """Whether nothing is in it: no characters, no bytes, no parts, or only parts with nothing in them but their names."""
    if isinstance(value, pikepdf.Stream):
        packed = value.read_raw_bytes()
        return len(packed) <= _NOTHING_PACKED and _unpacked(value) == b""
    if isinstance(value, pikepdf.Array):
        return all(isinstance(each, pikepdf.String) or is_empty(each) for each in value)
    if isinstance(value, pikepdf.Dictionary):
        return not list(value.keys())
    return value is None or (isinstance(value, pikepdf.String) and not str(value).strip())


def _is_text(value: Any) -> bool:
    return isinstance(value, pikepdf.String)


def _unpacked(stream: Any) -> bytes | None:
    try:
        return bytes(stream.read_bytes()).strip()
    except pikepdf.PdfError:
        return None
