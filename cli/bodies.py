"""A command's options, or a file that it was given, as the body that the API would take."""

from typing import Any, TypeVar

from pydantic import ValidationError

from pipeline.kernel.errors import Invalid
from pipeline.kernel.validation import problems
from schemas.base import Frozen

Body = TypeVar("Body", bound=Frozen)


def checked(shape: type[Body], given: Any = None, **fields: Any) -> Body:
    """The body, validated as over HTTP. Raises Invalid."""
    try:
        return shape.model_validate(fields if given is None else given)
    except ValidationError as error:
        raise Invalid(problems(error.errors(include_url=False))) from error
