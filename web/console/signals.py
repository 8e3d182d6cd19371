from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from schemas.cases import Case, CaseMaterial, DuplicateView

_FEW: Final = 2


@dataclass(frozen=True, slots=True)
class Note:
    """One line: its tone (`warn` or `plain`), its text, and the id of a submission to compare with, if there is one.

    `lines` are those of which it is the sum.
    """

    tone: str
    text: str
    beside: str | None = None
    lines: tuple["Note", ...] = ()


def notes_of(case: Case) -> tuple[Note, ...]:
    """The signals of each file, the warnings among the findings, and what is known of the tax number."""
    several = len(case.materials) > 1
    lines = [
        replace(each, text=f"{file.title}: {each.text}") if several else each
        for file in case.materials
        for each in notes_of_file(file)
    ]
    return (*lines, *(Note("warn", finding.message) for finding in case.findings), *_of_tax_number(case))


def notes_of_file(file: CaseMaterial) -> tuple[Note, ...]:
    """What inspection noticed of one file."""
    return tuple(_of_file(file))


def _of_file(file: CaseMaterial) -> Iterator[Note]:
    signals = file.signals
    if signals.get("stated"):
        yield Note("plain", signals["stated"])
    yield from _faces(signals, file.kind)
    if (signals.get("blur") or {}).get("blurred"):
        yield Note("warn", "looks blurred")
    yield from _origin(signals.get("exif") or {}, is_screenshot=file.screenshot)
    yield from _form(signals.get("form") or {}, asked={name for item in file.checklist for name in item.facts})
    yield from _others("the same file as", [each for each in file.duplicates if each.exact])
    yield from _others("looks like a picture of", [each for each in file.duplicates if not each.exact])


def _others(alike: str, found: Sequence[DuplicateView]) -> Iterator[Note]:
    """A line for one or two of them; more are one line that opens."""
    notes = [Note("warn", f"{alike} member {each.member_id}{_bits(each)}", str(each.submission_id)) for each in found]
    if len(notes) <= _FEW:
        yield from notes
    else:
        members = len({each.member_id for each in found})
        whose = f"{members} members" if members > 1 else f"{len(found)} files of member {found[0].member_id}"
        yield Note("warn", f"{alike} {whose}", lines=tuple(notes))


def _bits(other: DuplicateView) -> str:
    return "" if other.exact else f" ({64 - other.distance} of 64 bits)"


def _faces(signals: Mapping[str, Any], kind: str) -> Iterator[Note]:
    faces = signals.get("faces")
    if faces is None or kind != "avatar":
        return
    count = faces["count"]
    yield Note("plain" if count == 1 else "warn", f"{count or 'no'} face{'' if count == 1 else 's'} found")


def _origin(exif: Mapping[str, Any], *, is_screenshot: bool) -> Iterator[Note]:
    if exif.get("edited_by"):
        yield Note("warn", f"edited with {exif['edited_by']}")
    if exif.get("screenshot") and not is_screenshot:
        yield Note("warn", "looks like a screenshot")
    if exif.get("dark_bars"):
        yield Note("warn", "has dark bars at its edges")


def _form(form: Mapping[str, Any], *, asked: Collection[str]) -> Iterator[Note]:
    """What was found, and what was not although the file must show it."""
    for name, field in form.get("fields", {}).items():
        words = name.replace("_", " ")
        if field.get("found"):
            yield Note("plain", f"{words} found as “{field['as_written']}”, page {field['page']}")
        elif name in asked:
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
