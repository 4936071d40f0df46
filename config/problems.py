"""The one place that turns a refusal into an answer: an RFC 9457 problem document, or a page with the same words.

A page is for who asks for HTML rather than for JSON, as browsers do, and only outside REST framework.

Apps raise `ledger.problem.Problem`; REST framework raises its own exceptions; anything else is a fault of ours and
says "internal" without a word about its inside. Under /v1/videos the document carries one member more (`envelope`).
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable, Iterator, Mapping
from http import HTTPStatus
from itertools import islice
from typing import Any

from django.conf import settings
from django.core.exceptions import (
    BadRequest,
    PermissionDenied,
    RequestDataTooBig,
    SuspiciousOperation,
    TooManyFieldsSent,
    TooManyFilesSent,
)
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, JsonResponse
from django.http.multipartparser import MultiPartParserError
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.settings import api_settings
from rest_framework.views import exception_handler

from config import envelope
from ledger.problem import Problem

MEDIA_TYPE = "application/problem+json"
REMEDIES = {
    "not_authenticated": "Send your API token: `Authorization: Bearer <token>`.",
    "authentication_failed": "Check the token. Tokens are shown once, when they are made.",
    "not_found": "Check the address. What is private to others looks the same as what does not exist.",
    "method_not_allowed": "The `Allow` header of this answer lists the methods of this address.",
    "parse_error": "Send a body that is well-formed for its Content-Type.",
    "not_acceptable": "Accept application/json, or leave the `Accept` header out.",
    "unsupported_media_type": "Send JSON, or multipart/form-data where a file is asked for.",
    "permission_denied": "Ask the holder, or use the token of somebody who may do this.",
    "insufficient_scope": "Use a token with the scope that the `WWW-Authenticate` header names.",
    "throttled": "Wait as long as the `Retry-After` header says.",
}
MAX_ERRORS = 50  # of one answer: a list of thousands of wrong values is answered by its first
MAX_ECHO = 300  # characters of what was sent
FAULT = "Something went wrong on our side. Nothing was decided or rendered for this request."
HEADERS = ("WWW-Authenticate", "Retry-After")  # what REST framework's own handler adds to a refusal
log = logging.getLogger(__name__)


def document(status: int, code: str, detail: str, *, path: str, remedy: str = "", **more: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON members
    """Build the members of a problem document (RFC 9457, section 3.1); `remedy` says what to do now."""
    code, status = code.replace("_", "-"), envelope.status(path, status)
    found = {
        "type": f"{settings.PUBLIC_URL}/problems#{code}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "code": code,
        "detail": detail,
        "remedy": remedy,
        "instance": path,
    } | more
    return envelope.wrapped(found) if envelope.reaches(path) else found


def from_problem(problem: Problem, path: str) -> dict[str, Any]:
    """Render a refusal of ours; a pointer names the field that it is about."""
    more: dict[str, Any] = dict(problem.extra) | {"title": problem.title}
    if problem.pointer:
        more["errors"] = [{"pointer": problem.pointer, "detail": problem.detail}]
    return document(problem.status, problem.code, problem.detail, path=path, remedy=problem.remedy, **more)


def handler(error: Exception, context: dict[str, Any]) -> Response | None:
    """REST framework's exception handler. `None`: not a refusal but a fault, left to `ProblemMiddleware`."""
    path = context["request"].path
    if isinstance(error, Problem):
        return answer(from_problem(error, path), headers={"Cache-Control": "no-store"} | dict(error.headers))
    rendered = exception_handler(error, context)  # rolls back; sets WWW-Authenticate and Retry-After
    if rendered is None:
        return None
    if isinstance(error, Http404):
        error = exceptions.NotFound()
    elif isinstance(error, PermissionDenied):
        error = exceptions.PermissionDenied()
    if not isinstance(error, exceptions.APIException):  # REST framework maps nothing else today
        return None
    return answer(from_framework(error, path), headers=dict(rendered.headers))


def from_framework(error: exceptions.APIException, path: str) -> dict[str, Any]:
    """Render a refusal of REST framework's own."""
    if isinstance(error, exceptions.ValidationError):
        wrong = list(islice(field_errors(error.detail), MAX_ERRORS))
        detail = wrong[0]["detail"] if wrong else "The request is not valid."
        return document(
            422, "invalid", detail, path=path, remedy="Correct the fields that `errors` lists.", errors=wrong
        )
    code = str(getattr(error.detail, "code", error.default_code))
    return document(error.status_code, code, str(error.detail), path=path, remedy=REMEDIES.get(code, ""))


def field_errors(detail: Any, pointer: str = "#") -> Iterator[dict[str, str]]:  # noqa: ANN401 - REST framework's nesting
    """Flatten a ValidationError's detail to JSON pointers (RFC 6901), one for each message."""
    if isinstance(detail, exceptions.ErrorDetail):
        yield {"pointer": pointer[:MAX_ECHO], "detail": str(detail)[:MAX_ECHO], "code": str(detail.code)}
    elif isinstance(detail, dict):
        for name, value in detail.items():
            step = str(name).replace("~", "~0").replace("/", "~1")
            yield from field_errors(
                value, pointer if name == api_settings.NON_FIELD_ERRORS_KEY else f"{pointer}/{step}"
            )
    else:
        for index, value in enumerate(detail):
            leaf = isinstance(value, exceptions.ErrorDetail)
            yield from field_errors(value, pointer if leaf else f"{pointer}/{index}")


def answer(found: dict[str, Any], headers: dict[str, str] | None = None) -> Response:
    """Wrap a problem document for REST framework."""
    kept = {name: value for name, value in (headers or {}).items() if name.lower() != "content-type"}
    response = Response(found, status=found["status"], headers=kept | envelope.headers(found))
    response.content_type = MEDIA_TYPE
    return response


class ProblemMiddleware:
    """Give faults, unknown addresses and refusals outside REST framework the same shape.

    The last middleware, so that an exception of any view reaches it first. A fault is logged with its number and
    answered with that number alone.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Let the request through; say what a bare 405 of Django's means."""
        response = self.get_response(request)
        if not isinstance(response, HttpResponseNotAllowed):
            return response
        found = exceptions.MethodNotAllowed(str(request.method))
        answered = answered_plainly(request, from_framework(found, request.path))
        answered["Allow"] = response["Allow"]
        return answered

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Answer for an exception that left a view."""
        if isinstance(error, Problem):
            return answered_plainly(request, from_problem(error, request.path), headers=error.headers)
        if isinstance(error, exceptions.APIException):  # of a plain view that refuses in REST framework's words
            rendered = exception_handler(error, {})
            kept = {} if rendered is None else {name: rendered[name] for name in HEADERS if name in rendered}
            return answered_plainly(request, from_framework(error, request.path), headers=kept)
        if isinstance(error, RequestDataTooBig | TooManyFieldsSent | TooManyFilesSent):
            detail = "The request is larger, or has more parts, than any that this address takes."
            found = document(413, "too-large", detail, path=request.path, remedy="Send less.")
            return answered_plainly(request, found)
        if isinstance(error, Http404 | PermissionDenied | SuspiciousOperation | BadRequest | MultiPartParserError):
            return None  # Django's own handlers below
        number = uuid.uuid4().hex
        log.error("fault %s at %r", number, request.path, exc_info=error)
        return fault(request, number)


def fault(request: HttpRequest, number: str | None = None) -> HttpResponse:
    """Answer for a fault of ours (also Django's `handler500`); `number` is `None` where nothing could be logged."""
    remedy = f"Try again; if it stays, report the number {number}." if number else "Try again."
    return as_json(document(500, "internal", FAULT, path=request.path, remedy=remedy, fault=number))


def missing(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:  # noqa: ARG001 - Django calls it by name
    """Answer for an address that does not exist (Django's `handler404`)."""
    detail = "There is nothing at this address."
    found = document(404, "not_found", detail, path=request.path, remedy=REMEDIES["not_found"])
    return answered_plainly(request, found)


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:  # noqa: ARG001 - Django calls it by name
    """Answer for Django's `handler403`."""
    detail = "You may not do this."
    found = document(403, "permission_denied", detail, path=request.path, remedy=REMEDIES["permission_denied"])
    return answered_plainly(request, found)


def unconfirmed(request: HttpRequest, reason: str = "") -> HttpResponse:  # noqa: ARG001 - Django calls it by name
    """Answer for a form that does not prove that it is ours (Django's `CSRF_FAILURE_VIEW`)."""
    detail = "This form was not sent from a page of ours, or the page is too old."
    remedy = "Open the page again, with cookies allowed, and send it from there."
    return answered_plainly(request, document(403, "permission_denied", detail, path=request.path, remedy=remedy))


def malformed(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:  # noqa: ARG001 - Django calls it by name
    """Answer for Django's `handler400`: a host that is not ours, a cookie that was tampered with."""
    detail = "The request is not one that this server can take."
    remedy = "Check the host name and the headers of the request."
    return as_json(document(400, "bad-request", detail, path=request.path, remedy=remedy))


def answered_plainly(
    request: HttpRequest, found: dict[str, Any], headers: Mapping[str, str] | None = None
) -> HttpResponse:
    """Wrap a problem document for plain Django: as a page for who prefers HTML, as JSON for everybody else."""
    if "error" not in found and request.get_preferred_type([MEDIA_TYPE, "text/html"]) == "text/html":
        made = render(request, "config/problem.html", {"problem": found}, status=found["status"])
    else:
        made = as_json(found)
    for name, value in (headers or {}).items():
        made[name] = value
    patch_vary_headers(made, ["Accept"])
    return made


def as_json(found: dict[str, Any]) -> HttpResponse:
    """Wrap a problem document for plain Django."""
    return JsonResponse(found, status=found["status"], content_type=MEDIA_TYPE, headers=envelope.headers(found))
