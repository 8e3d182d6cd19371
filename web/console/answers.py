from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from pipeline.kernel.errors import Invalid, Problem
from pipeline.review.claims.lease import LeftClaim
from pipeline.review.claims.rules import Page

_ANSWERS: Final = {"yes": True, "no": False}
_PLAIN: Final = ("token", "fence", "version", "verdict")
_WRITTEN: Final = ("message", "note")
_DEPTH: Final = 4


@dataclass(frozen=True, slots=True)
class Wrong:
    """One problem: the name of the form's field (empty: the form as a whole) and a sentence."""

    field: str
    message: str


def decision_of(pairs: Iterable[tuple[str, str]]) -> Mapping[str, Any]:
    """The form's fields as the plain data of a DecisionRequest.

    A file's id stands in `material`, its answers in `check.<id>.<code>` (yes or no) and its facts in `fact.<id>.<name>`.
    What was left blank is left out.
    """
    sent = list(pairs)
    values = {name: value.strip() for name, value in sent}
    files = [value for name, value in sent if name == "material"]
    plain: dict[str, str] = {name: values[name] for name in _PLAIN if name in values}
    written = {name: values[name] for name in _WRITTEN if values.get(name)}
    reasons = [value for name, value in sent if name == "reasons"] if plain.get("verdict") != "approve" else []
    materials = [_answers_of(each, values) for each in files]
    return {**plain, **written, "reasons": reasons, "materials": materials}


def fields_of(problems: Iterable[Problem], files: Sequence[str]) -> tuple[Wrong, ...]:
    """Each problem at its field; `files` are the ids of the form's files in order."""
    return tuple(Wrong(_field(each.path, files), each.message) for each in problems)


def left_of(pairs: Iterable[tuple[str, object]]) -> tuple[LeftClaim, ...]:
    """The claims that a page leaves, and until when it thought that each runs. Raises Invalid.

    Each `held` is a claim's id, its token and the end of its lease, with blanks between.
    """
    return tuple(_left(str(value)) for name, value in pairs if name == "held")


def seen_of(written: Iterable[str]) -> tuple[Page, ...]:
    """The pages that were looked at: each a file's id and the number of a page, with a blank between. Raises Invalid."""
    return tuple(map(_page, written))


def _page(written: str) -> Page:
    try:
        material, number = written.split(" ")
        return UUID(material), int(number)
    except ValueError as error:
        message = "Name each page with the id of its file and its number."
        raise Invalid([Problem("seen", "invalid_value", message)]) from error


def _answers_of(file: str, values: Mapping[str, str]) -> Mapping[str, Any]:
    checks, facts = f"check.{file}.", f"fact.{file}."
    return {
        "material_id": file,
        "checklist": {
            name.removeprefix(checks): _ANSWERS[value]
            for name, value in values.items()
            if name.startswith(checks) and value in _ANSWERS
        },
        "facts": {
            name.removeprefix(facts): value for name, value in values.items() if name.startswith(facts) and value
        },
    }


def _field(path: str, files: Sequence[str]) -> str:
    parts = path.split(".", _DEPTH - 1)
    if parts[0] == "materials" and len(parts) == _DEPTH and parts[1].isdigit():
        kind = {"checklist": "check", "facts": "fact"}.get(parts[2])
        return f"{kind}.{files[int(parts[1])]}.{parts[3]}" if kind else ""
    return parts[0] if parts[0] in {"reasons", *_WRITTEN} else ""


def _left(written: str) -> LeftClaim:
    parts = written.split(" ")
    try:
        claim_id, token, until = parts
        return LeftClaim(UUID(claim_id), UUID(token), datetime.fromisoformat(until))
    except ValueError as error:
        message = "Name each claim with its id, its token and the end of its lease."
        raise Invalid([Problem("held", "invalid_value", message)]) from error
