from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from schemas.cases import Case, CaseMaterial

MOST_KEYS: Final = 9
_INPUTS: Final = {"decimal": "decimal", "integer": "numeric"}


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle on a picture, in thousandths of its sides, and what it shows."""

    x: float
    y: float
    w: float
    h: float
    kind: str
    label: str


@dataclass(frozen=True, slots=True)
class View:
    """One picture of the case: which file and page, where it is, how large, and what is drawn on it."""

    material_id: UUID
    title: str
    page: int
    pages: int
    width: int
    height: int
    large: str
    small: str | None
    blurred: bool
    boxes: tuple[Box, ...]


@dataclass(frozen=True, slots=True)
class Fact:
    """A field to type in: its form name, what kind of value, and what was found in the file."""

    name: str
    label: str
    kind: str
    input_mode: str
    value: str
    found: str | None


@dataclass(frozen=True, slots=True)
class Question:
    """One item of the checklist: its form name, the digit that answers it (None from the tenth on), and its facts."""

    name: str
    text: str
    digit: int | None
    facts: tuple[Fact, ...]


@dataclass(frozen=True, slots=True)
class File:
    """A file of the case with its questions."""

    id: UUID
    title: str
    media_type: str | None
    bytes: int | None
    first_view: int | None
    questions: tuple[Question, ...]


def views_of(case: Case) -> tuple[View, ...]:
    """Every picture of the case in order."""
    return tuple(view for each in case.materials for view in _views(case, each))


def files_of(case: Case, views: Sequence[View]) -> tuple[File, ...]:
    """Every file of the case with its questions, numbered through all files."""
    files, asked = [], 0
    for each in case.materials:
        first = next((at for at, view in enumerate(views) if view.material_id == each.id), None)
        questions = _questions(case, each, before=asked)
        asked += len(questions)
        files.append(File(each.id, each.title, each.media_type, each.bytes, first, questions))
    return tuple(files)


def _views(case: Case, file: CaseMaterial) -> list[View]:
    base = f"/console/cases/{case.claim.id}/pages/{file.id}"
    large = [page for page in file.pages if page.purpose == "large"]
    small = {page.page for page in file.pages if page.purpose == "small"}
    return [
        View(
            material_id=file.id,
            title=file.title,
            page=page.page,
            pages=len(large),
            width=page.width,
            height=page.height,
            large=f"{base}/{page.page}/large",
            small=f"{base}/{page.page}/small" if page.page in small else None,
            blurred=file.covered,
            boxes=tuple(_boxes(file.signals, page.page)),
        )
        for page in large
    ]


def _boxes(signals: Mapping[str, Any], page: int) -> list[Box]:
    faces = (signals.get("faces") or {}).get("boxes", []) if page == 1 else []
    found = (signals.get("form") or {}).get("fields", {})
    drawn = [
        _box(face["x"], face["y"], face["w"], face["h"], "face", f"face {number}")
        for number, face in enumerate(faces, 1)
    ]
    for name, field in found.items():
        if field.get("found") and field.get("page") == page and field.get("box"):
            x0, y0, x1, y1 = field["box"]
            drawn.append(_box(x0, y0, x1 - x0, y1 - y0, "field", name.replace("_", " ")))
    return drawn


def _box(x: float, y: float, w: float, h: float, kind: str, label: str) -> Box:
    x, y, w, h = (round(side * 1000, 1) for side in (x, y, w, h))
    return Box(x, y, w, h, kind, label)


def _questions(case: Case, file: CaseMaterial, *, before: int) -> tuple[Question, ...]:
    return tuple(
        Question(
            name=f"check.{file.id}.{item.code}",
            text=item.text,
            digit=number if number <= MOST_KEYS else None,
            facts=tuple(_fact(case, file, name) for name in item.facts),
        )
        for number, item in enumerate(file.checklist, before + 1)
    )


def _fact(case: Case, file: CaseMaterial, name: str) -> Fact:
    """The member's own value is filled in only if it was found in the file, too; the reviewer confirms or replaces it."""
    found = ((file.signals.get("form") or {}).get("fields", {}).get(name)) or {}
    shown = bool(found.get("found"))
    kind = case.fact_types.get(name, "text")
    return Fact(
        name=f"fact.{file.id}.{name}",
        label=name.replace("_", " ").capitalize(),
        kind=kind,
        input_mode=_INPUTS.get(kind, "text"),
        value=case.form.get(name, "") if shown else "",
        found=f"found on page {found.get('page')} as “{found.get('as_written')}”" if shown else None,
    )
