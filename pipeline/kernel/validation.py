from collections.abc import Sequence
from typing import Any, Final, TypeVar

from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from pipeline.kernel.errors import Invalid, Problem
from pipeline.kernel.rules.validation_words import sentence_of
from schemas.mail_address import INVALID
from schemas.submissions import METHODS, Submission

SUBMISSION: Final[TypeAdapter[Any]] = TypeAdapter(Submission)

Shape = TypeVar("Shape", bound=BaseModel)

_TAGS: Final = frozenset({("avatar",), ("verification",), *(("verification", method) for method in METHODS)})
"""What the validator puts before a path where it chose one of several shapes: a value, and no field of the body."""

_CODES: Final = {
    "missing": "missing_field",
    "extra_forbidden": "unknown_field",
    "union_tag_not_found": "missing_field",
    "json_invalid": "invalid_json",
    INVALID: INVALID,
}
_CHOICES: Final = frozenset({"literal_error", "enum", "union_tag_invalid"})


def problems(errors: Sequence[ErrorDetails], *, root: str = "") -> tuple[Problem, ...]:
    """Every error of a pydantic validation, as problems."""
    found = [(error, _problem(error, root)) for error in errors]
    return tuple(problem for error, problem in found if not _follows_from_another(error, problem, found))


def _follows_from_another(error: ErrorDetails, problem: Problem, found: Sequence[tuple[ErrorDetails, Problem]]) -> bool:
    """A list counts as too short when its one item is wrong: the item's own problem says it better."""
    inner = f"{problem.path}."
    return error["type"] == "too_short" and any(other.path.startswith(inner) for _, other in found)


def parse(shape: type[Shape], given: object) -> Shape:
    """Plain data as that shape. Raises Invalid."""
    try:
        return shape.model_validate(given)
    except ValidationError as error:
        raise Invalid(problems(error.errors(include_url=False))) from error


def parse_submission(data: object) -> Any:
    """A submission from plain data, as it came from a queue or a file. Raises Invalid."""
    try:
        return SUBMISSION.validate_python(data)
    except ValidationError as error:
        raise Invalid(problems(error.errors(include_url=False))) from error


def _problem(error: ErrorDetails, root: str) -> Problem:
    path = _path(error, root)
    kind = error["type"]
    code = f"unknown_{_field(path)}" if kind in _CHOICES else _CODES.get(kind, "invalid_value")
    return Problem(path, code, sentence_of(error))


def _field(path: str) -> str:
    """The name of the field that a path leads to, without the positions in lists."""
    named = [part for part in path.split(".") if part and not part.isdigit()]
    return named[-1] if named else "value"


def _path(error: ErrorDetails, root: str) -> str:
    if error["type"] == "json_invalid":
        return root
    location = [str(part) for part in error["loc"]]
    if error["type"] in {"union_tag_invalid", "union_tag_not_found"}:
        location.append(error.get("ctx", {})["discriminator"].strip("'"))
    tags = max((length for length in (1, 2) if tuple(location[:length]) in _TAGS and len(location) > length), default=0)
    return ".".join(filter(None, [root, *location[tags:]]))
