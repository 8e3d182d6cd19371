from typing import Annotated, Any

from fastapi import Depends, Request
from fastapi.responses import JSONResponse
from starlette.datastructures import FormData

from pipeline.access.staff.rules.roles import Right
from pipeline.kernel.errors import Invalid, Problem
from pipeline.kernel.idempotency import Once, once
from web.console.answers import Wrong, fields_of
from web.console.session import Person, needs

Reviewing = Annotated[Person, Depends(needs(Right.REVIEW))]


async def _form(request: Request) -> FormData:
    return await request.form()


Form = Annotated[FormData, Depends(_form)]


def written(form: FormData, name: str) -> str | None:
    """What was typed into a field, without blanks around it; None where nothing was."""
    value = form.get(name)
    return (value.strip() or None) if isinstance(value, str) else None


def typed_twice(password: str, again: str) -> str:
    """A new password that was typed twice. Raises Invalid where the two differ."""
    if password != again:
        message = "The two passwords are not the same. Type them once more."
        raise Invalid([Problem("again", "passwords_differ", message)])
    return password


def pairs_of(form: FormData) -> list[tuple[str, str]]:
    """Every field that is text."""
    return [(name, value) for name, value in form.multi_items() if isinstance(value, str)]


def texts(form: FormData, name: str) -> list[str]:
    """Every value of a field that came more than once."""
    return [value for field, value in pairs_of(form) if field == name]


def wrong(*found: Wrong) -> JSONResponse:
    """422 with each problem at its field."""
    return JSONResponse({"problems": [{"field": each.field, "message": each.message} for each in found]}, 422)


def refused(error: Invalid, form: FormData) -> JSONResponse:
    """422 with the problems of a decision at the fields of the case's form."""
    return wrong(*fields_of(error.problems, texts(form, "material")))


def done(said: str, **more: Any) -> JSONResponse:
    """What the page announces."""
    return JSONResponse({"said": said, **more})


def repeatable(
    request: Request, person: Person, operation: str, sent: object = None, validated: object = None
) -> Once | None:
    """The identity of a request that may be sent again because its answer was lost; it takes effect once."""
    key = request.headers.get("Idempotency-Key")
    if key is None:
        return None
    return once(owner=person.reviewer_id, key=key, operation=operation, sent=sent, validated=validated)
