"""Errors as answers: one shape (RFC 9457) for the API, one page for people, and the only place of status codes."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from api.rendering import render
from api.schemas import Problem
from ledger.errors import AmbiguousCompany, Contradiction, InvalidInput, NotFound, TrothError, Unavailable

STATUSES: tuple[tuple[type[TrothError], HTTPStatus], ...] = (
    (AmbiguousCompany, HTTPStatus.CONFLICT),
    (NotFound, HTTPStatus.NOT_FOUND),
    (InvalidInput, HTTPStatus.UNPROCESSABLE_ENTITY),
    (Unavailable, HTTPStatus.SERVICE_UNAVAILABLE),
    (Contradiction, HTTPStatus.SERVICE_UNAVAILABLE),
)
"""The first that fits an error is its status."""

PROBLEMS: dict[int | str, dict[str, Any]] = {
    status.value: {"model": Problem, "description": status.phrase}
    for status in sorted({status for _, status in STATUSES})
}
"""What the schema of the API says of errors."""

TITLES = {
    HTTPStatus.NOT_FOUND: "Not found",
    HTTPStatus.CONFLICT: "Several companies fit",
    HTTPStatus.UNPROCESSABLE_ENTITY: "This can't be right",
    HTTPStatus.SERVICE_UNAVAILABLE: "Not available now",
    HTTPStatus.INTERNAL_SERVER_ERROR: "Something failed",
}
"""What people read above an error, where programs read the status's own phrase."""

DATA_PREFIX = "/api/"


def install_error_handlers(app: FastAPI) -> None:
    """Makes every error that a route can raise an answer in our shape."""
    app.add_exception_handler(TrothError, _troth_error)
    app.add_exception_handler(RequestValidationError, _validation_error)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(Exception, _unforeseen)


def _troth_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, TrothError)
    status = next(status for kind, status in STATUSES if isinstance(error, kind))
    return _answer(request, status, error.what, error.remedy)


def _validation_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    where, name = first["loc"][0], ".".join(map(str, first["loc"][1:]))
    what = f"The {where} parameter {name} can't be {first.get('input')!r}: {first['msg']}."
    return _answer(request, HTTPStatus.UNPROCESSABLE_ENTITY, what, "See /api for what it may be.")


def _http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    status = HTTPStatus(error.status_code)
    if status is HTTPStatus.NOT_FOUND:
        return _answer(request, status, f"There is no page {request.url.path}.", "Start from the directory at /.")
    answer = _answer(request, status, f"{error.detail}.", "See /api for what can be asked.")
    answer.headers.update(error.headers or {})
    return answer


def _unforeseen(request: Request, _error: Exception) -> Response:
    what = "Something failed here that should not."
    return _answer(request, HTTPStatus.INTERNAL_SERVER_ERROR, what, "Try again; if it stays, tell the operator.")


def _answer(request: Request, status: HTTPStatus, what: str, remedy: str) -> Response:
    if request.url.path.startswith(DATA_PREFIX):
        problem = Problem(title=status.phrase, status=status.value, detail=what, remedy=remedy)
        return JSONResponse(problem.model_dump(), status, media_type="application/problem+json")
    return render("error.html", status=status.value, title=TITLES.get(status, status.phrase), what=what, remedy=remedy)
