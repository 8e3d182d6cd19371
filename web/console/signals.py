from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from schemas.cases import Case, CaseMaterial


@dataclass(frozen=True, slots=True)
class Note:
    """One line: its tone (`warn` or `plain`), its text, and the id of a submission to compare with, if there is one."""

    tone: str
    text: str
    beside: str | None = None


def notes_of(case: Case) -> tuple[Note, ...]:
    """The signals of each file, the warnings among the findings, and what is known of the tax number."""
    several = len(case.materials) > 1
    lines = [
        Note(each.tone, f"{file.title}: {each.text}" if several else each.text, each.beside)
        for file in case.materials
        for each in _of_file(file)
    ]
    return (*lines, *(Note("warn", finding.message) for finding in case.findings), *_of_tax_number(case))


def _of_file(file: CaseMaterial) -> Iterator[Note]:
    signals = file.signals
    if signals.get("stated"):
        yield Note("plain", signals["stated"])
    yield from _faces(signals, file.kind)
    if (signals.get("blur") or {}).get("blurred"):
        yield Note("warn", "looks blurred")
    yield from _origin(signals.get("exif") or {})
    yield from _form(signals.get("form") or {})
    for other in file.duplicates:
        alike = "the same file as" if other.exact else f"looks like ({64 - other.distance} of 64 bits) a picture of"
        yield Note("warn", f"{alike} member {other.member_id}", str(other.submission_id))


def _faces(signals: Mapping[str, Any], kind: str) -> Iterator[Note]:
    faces = signals.get("faces")
    if faces is None or kind != "avatar":
        return
    count = faces["count"]
    yield Note("plain" if count == 1 else "warn", f"{count or 'no'} face{'' if count == 1 else 's'} found")


def _origin(exif: Mapping[str, Any]) -> Iterator[Note]:
    if exif.get("edited_by"):
        yield Note("warn", f"edited with {exif['edited_by']}")
    if exif.get("screenshot"):
        yield Note("warn", "looks like a screenshot")
    if exif.get("dark_bars"):
        yield Note("warn", "has dark bars at its edges")


def _form(form: Mapping[str, Any]) -> Iterator[Note]:
    for name, field in form.get("fields", {}).items():
        words = name.replace("_", " ")
        if field.get("found"):
            yield Note("plain", f"{words} found as “{field['as_written']}”, page {field['page']}")
        else:
            yield Note("warn", f"{words} of the form not found in the text")


def _of_tax_number(case: Case) -> Iterator[Note]:
    number = case.tax_number
    if number is None:
        return
    yield Note("plain", f"{number.kind}, {number.country}: {number.number or number.written}")
    if number.register_status is not None:
        named = f" ({number.register_name})" if number.register_name else ""
        yield Note("plain", f"register: {number.register_status}{named}")
    for other in number.used_by:
        yield Note("warn", f"also given by member {other.member_id} for {other.stage}: {other.state}")
