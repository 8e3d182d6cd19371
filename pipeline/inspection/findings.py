from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from string import Formatter
from types import MappingProxyType
from typing import Any, Final

from pipeline.kernel.translatable import Sentence, readable_size


class Severity(StrEnum):
    """An error refuses the file; a warning is shown to the reviewer and refuses nothing."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing found in a file: a code for programs, a sentence for people, and the values behind it (json-able)."""

    code: str
    message: str
    severity: Severity = Severity.ERROR
    detail: Mapping[str, object] = field(default_factory=dict)


class Fault(Exception):
    """Something in a file that ends its inspection; the message is the code of the finding."""


@dataclass(frozen=True, slots=True)
class Code:
    """The severity of a code and the template of its sentence."""

    severity: Severity
    sentence: str


_ERRORS: Final = {
    "object_missing": "The file has not arrived. Please upload it once more.",
    "object_unreadable": "The file was put where we cannot open it. Please upload it once more.",
    "length_mismatch": "The file arrived with {actual:,} bytes instead of {declared:,}. Please upload it once more.",
    "content_mismatch": "The file changed on its way to us. Please upload it once more.",
    "empty_file": "The file is empty. Please choose the file again and upload it once more.",
    "file_too_large": "The file is {size:size}; it may be at most {limit:size}. Please upload a smaller file.",
    "unsupported_type": "This is {found}, which cannot be used here. Please upload {allowed:or}.",
    "too_many_pixels": (
        "The picture is {width:,} by {height:,} pixels; it may have at most {max_pixels:,} in all and {max_side:,} "
        "on a side. Please upload a smaller picture."
    ),
    "too_few_pixels": (
        "The picture is {width:,} by {height:,} pixels; each side needs at least {min_side:,}. "
        "Please upload a larger picture."
    ),
    "truncated_image": "The picture is cut off: its end is missing. Please save or export it again and upload it once more.",
    "corrupt_image": "The picture is damaged and cannot be shown. Please save or export it again and upload it once more.",
    "too_complex": (
        "The file is built in an unusual way that takes too much work to open. "
        "Please export it again in a simpler form and upload it once more."
    ),
    "processing_limit": (
        "The file takes too long or too much memory to open. "
        "Please export it again in a simpler form and upload it once more."
    ),
    "embedded_content": (
        "The picture carries {found} inside it. "
        "Please export it again as an ordinary picture, with nothing else in it, and upload that."
    ),
    "unsupported_jpeg_variant": (
        "The picture is a special kind of JPEG that web browsers cannot show. "
        "Please export it again as an ordinary JPEG and upload that."
    ),
    "unsupported_png_variant": (
        "The picture is a special kind of PNG that only Apple's programs can show. "
        "Please export it again as an ordinary PNG and upload that."
    ),
    "multi_frame": "The picture is an animation. Please upload a picture that does not move.",
    "pdf_encrypted": "The PDF is protected with a password. Please save it without a password and upload it again.",
    "pdf_active_content": (
        "The PDF holds {found}, which can act on a reader's computer. "
        "Please print it to a new PDF, which leaves only the pages, and upload that."
    ),
    "pdf_unreadable": "The PDF is damaged and cannot be shown. Please save or export it again and upload it once more.",
    "pdf_inconsistent": (
        "The PDF breaks the rules of its format: some programs can open it, and others cannot. "
        "Please print it to a new PDF, and upload that."
    ),
    "pdf_too_many_pages": (
        "The PDF has {pages:,} pages; it may have at most {limit:,}. Please upload only the pages that are needed."
    ),
}
_WARNINGS: Final = {
    "bad_colour_profile": "The picture's colour profile cannot be used, so its colours may look a little different.",
    "questionable_data": "The picture can be shown, but its data has a small irregularity; a part may look wrong.",
    "type_mismatch": "The file says that it is {claimed:and}, but its content is {found}. Its content counts.",
    "end_marker_missing": "The picture's end marker is missing, but its data is whole: nothing is missing from the picture.",
    "attached_data": "The PDF has data attached to it, which is not shown: {names:and}.",
    "form_scripts": "The PDF's form can calculate, format or print by itself. It is shown as it was saved.",
    "unseen_text": (
        "The PDF has words that cannot be seen in its picture, on page {pages:and}. "
        "They may be hidden, or written in characters for which no font was found."
    ),
    "missing_appearance": (
        "The PDF has a note, a drawing or a form field without an appearance of its own, on page {pages:and}. "
        "It may be missing from the picture, or look different in other programs."
    ),
    "page_without_size": (
        "The PDF has a page without a possible size, page {pages:and}. "
        "It is shown on a sheet of a usual size, so a part may be cut off."
    ),
    "unreadable_metadata": "The picture's information on its orientation cannot be read, so it may lie on its side.",
}

CODES: Final[Mapping[str, Code]] = MappingProxyType(
    {code: Code(Severity.ERROR, sentence) for code, sentence in _ERRORS.items()}
    | {code: Code(Severity.WARNING, sentence) for code, sentence in _WARNINGS.items()}
)


class _Sentence(Formatter):
    """Ordinary templates, `{bytes:size}` for a size that a person can read, and `{names:and}` or `{names:or}` for several."""

    def format_field(self, value: Any, format_spec: str) -> str:
        match format_spec:
            case "size":
                amount, unit = readable_size(value)
                return f"{amount:g} {unit}"
            case "and" | "or":
                return _listed(value, format_spec)
        return str(super().format_field(value, format_spec))


def sentence_of(found: Finding) -> Sentence:
    """The finding's sentence with its values, for a reader of any language."""
    return Sentence(CODES[found.code].sentence, found.detail)


def finding(code: str, **values: object) -> Finding:
    """Make the finding of this code, its sentence filled with `values`, which also become its detail.

    Raises KeyError for an unknown code or a value that the sentence lacks.
    """
    known = CODES[code]
    return Finding(code, _Sentence().vformat(known.sentence, (), values), known.severity, values)


def _listed(names: Sequence[str], last: str) -> str:
    *others, final = names
    if len(others) < 2:  # noqa: PLR2004  (of two there is no comma between them)
        return f" {last} ".join(names)
    return f"{', '.join(others)}, {last} {final}"
