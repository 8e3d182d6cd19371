from http import HTTPStatus
from typing import Final

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from starlette.exceptions import HTTPException

from pipeline.kernel import errors
from pipeline.kernel.errors import ProofdeskError, RetryableError
from web.console.render import render
from web.problems import status_of

log = structlog.get_logger()

_TITLES: Final = {
    401: "Please sign in",
    403: "Not for your role",
    404: "Not found",
    408: "Too slow",
    409: "Somebody was quicker",
    413: "Too much at once",
    422: "Something is missing",
    429: "Too many requests",
    503: "Not available for a moment",
}
_UNEXPECTED: Final = "Something went wrong on our side. Nothing was changed. Go back and try again."


def install(app: FastAPI) -> None:
    """Answer every error of the console with a page."""
    app.add_exception_handler(ProofdeskError, _ours)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _crashed)


def error_page(request: Request, status: int, sentence: str, *, code: str) -> Response:
    """One error in words, as a page or as the part of a page that was asked for."""
    template = "error_part.html" if "HX-Request" in request.headers else "error.html"
    title = _TITLES.get(status, "That did not work")
    return render(request, template, status=status, title=title, sentence=sentence, code=code)


def answer(request: Request, error: ProofdeskError) -> Response:
    """An error of ours in words."""
    status = status_of(error)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        log.error("request.failed", code=error.code, error=str(error))
    page = error_page(request, status, str(error), code=error.code)
    if isinstance(error, RetryableError) and error.retry_after_seconds is not None:
        page.headers["Retry-After"] = str(error.retry_after_seconds)
    return page


def _ours(request: Request, error: Exception) -> Response:
    assert isinstance(error, ProofdeskError)  # noqa: S101  (registered for this class only)
    return answer(request, error)


def _invalid(request: Request, _error: Exception) -> Response:
    sentence = "The console does not know this address or form. Go back and try again."
    return error_page(request, 422, sentence, code=errors.Invalid.code)


def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101  (registered for this class only)
    sentence = "There is no such page." if error.status_code == HTTPStatus.NOT_FOUND else f"{error.detail}."
    page = error_page(request, error.status_code, sentence, code="http_error")
    page.headers.update(error.headers or {})
    return page


def _crashed(request: Request, error: Exception) -> Response:
    log.error("request.crashed", exc_info=error)
    return error_page(request, 500, _UNEXPECTED, code="internal_error")
