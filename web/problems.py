"""Errors as problem+json (RFC 9457): a stable code, a sentence that says what to do, and the path of each wrong field."""

from http import HTTPStatus
from typing import Any, Final

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from fastapi.routing import iter_route_contexts
from starlette.exceptions import HTTPException
from starlette.routing import Match

from pipeline.access.caller import Unauthenticated
from pipeline.access.staff.rules.sign_in import SignInRefused
from pipeline.access.staff.rules.tries import TooManyTries
from pipeline.access.staff.sessions import SignedOut
from pipeline.kernel import errors
from pipeline.kernel.errors import Problem, ProofdeskError
from pipeline.kernel.rules.one_time_codes import CodeTooSoon
from pipeline.kernel.validation import problems
from web.edge.errors import AddressTooLong, BodyTooLarge, BodyTooSlow, HeadersTooLarge, HeadTooSlow

log = structlog.get_logger()

MEDIA_TYPE: Final = "application/problem+json"
RETRY_AFTER_SECONDS: Final = 5
_LATER: Final = frozenset({HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.TOO_MANY_REQUESTS})
_STATUS: Final[tuple[tuple[type[ProofdeskError], int], ...]] = (
    (Unauthenticated, 401),
    (SignedOut, 401),
    (SignInRefused, 401),
    (TooManyTries, 429),
    (BodyTooSlow, 408),
    (HeadTooSlow, 408),
    (BodyTooLarge, 413),
    (AddressTooLong, 414),
    (HeadersTooLarge, 431),
    (errors.Forbidden, 403),
    (errors.NotFound, 404),
    (errors.Invalid, 422),
    (errors.IdempotencyKeyReused, 422),
    (errors.Conflict, 409),
    (errors.Overloaded, 429),
    (errors.RetryableError, 503),
    (errors.StorageMisconfigured, 503),
    (errors.StorageRefused, 404),
)


def install(app: FastAPI) -> None:
    """Answer every error of this app with problem+json."""
    app.add_exception_handler(ProofdeskError, _ours)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _unexpected)


def problem(status: int, code: str, detail: str, *, retry_after: int | None = None, **more: Any) -> JSONResponse:
    """One problem document. `429` and `503` say after how many seconds to repeat the request; others do where a time is known."""
    later = retry_after or (RETRY_AFTER_SECONDS if status in _LATER else None)
    headers = {"Retry-After": str(later)} if later else None
    if status == HTTPStatus.UNAUTHORIZED:
        headers = {"WWW-Authenticate": "Bearer"}
    body = {"type": f"urn:proofdesk:problem:{code}", "title": HTTPStatus(status).phrase, "status": status}
    return JSONResponse(
        {**body, "code": code, "detail": detail, **more}, status, headers=headers, media_type=MEDIA_TYPE
    )


def status_of(error: ProofdeskError) -> int:
    """The HTTP status for an error of ours."""
    return next((status for kind, status in _STATUS if isinstance(error, kind)), 500)


def answer(error: ProofdeskError) -> Response:
    """The problem document of an error of ours."""
    status = status_of(error)
    if isinstance(error, errors.Invalid):
        return problem(status, error.code, _count(error.problems), errors=[_shown(each) for each in error.problems])
    if isinstance(error, errors.AttemptsExhausted):
        counts = {"spent": error.spent, "pending": error.pending, "used": error.used, "limit": error.limit}
        return problem(status, error.code, str(error), **counts)
    if isinstance(error, errors.Conflict) and error.became is not None:
        return problem(status, error.code, str(error), became=dict(error.became))
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        log.error("request.failed", code=error.code, error=str(error))
    later = error.seconds if isinstance(error, CodeTooSoon) else None
    later = error.retry_after_seconds if isinstance(error, errors.RetryableError) else later
    return problem(status, error.code, str(error), retry_after=later)


def _ours(_request: Request, error: Exception) -> Response:
    assert isinstance(error, ProofdeskError)  # noqa: S101  (registered for this class only)
    return answer(error)


def _invalid(_request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101  (registered for this class only)
    details = [{**item, "loc": item["loc"][1:]} for item in error.errors()]
    found = problems(details)  # type: ignore[arg-type]
    return problem(422, errors.Invalid.code, _count(found), errors=[_shown(each) for each in found])


def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101  (registered for this class only)
    code = HTTPStatus(error.status_code).name.lower()
    document = problem(error.status_code, code, str(error.detail))
    document.headers.update(error.headers or {})
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        document.headers["Allow"] = ", ".join(sorted(_allowed(request)))
    return document


def _allowed(request: Request) -> set[str]:
    """The methods of every route of this path (RFC 9110 §15.5.6): the router names those of the first one only."""
    scope = dict(request.scope)
    matching = (route for route in iter_route_contexts(request.app.routes) if route.matches(scope)[0] is not Match.NONE)
    return {method for route in matching for method in getattr(route, "methods", None) or ()}


def _unexpected(_request: Request, error: Exception) -> Response:
    log.error("request.crashed", exc_info=error)
    detail = (
        "Something went wrong on our side. Send the request again with the same Idempotency-Key: it takes effect once."
    )
    return problem(500, "internal_error", detail)


def _shown(each: Problem) -> dict[str, str]:
    pointer = "#/" + each.path.replace(".", "/") if each.path else "#"
    return {"path": each.path, "pointer": pointer, "code": each.code, "message": each.message}


def _count(found: tuple[Problem, ...]) -> str:
    if len(found) == 1:
        where = f"{found[0].path}: " if found[0].path else ""
        return f"{where}{found[0].message}"
    return f"The request has {len(found)} problems; see errors."
