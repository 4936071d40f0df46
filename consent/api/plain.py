"""The doors that are asked most: plain views with a compiled codec, refusing in the words of all the others.

A serializer alone costs more than the whole question (benchmarks/README.md). What such a door takes and answers is
described to drf-spectacular by a class beside it, which handles nothing.
"""

from __future__ import annotations

import re
from functools import wraps
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

import msgspec
from django.http import HttpResponse, HttpResponseNotAllowed
from django.views.decorators.csrf import csrf_exempt
from rest_framework.exceptions import (
    APIException,
    AuthenticationFailed,
    ErrorDetail,
    NotAuthenticated,
    UnsupportedMediaType,
    ValidationError,
)

from consent import limits, scopes, tokens
from consent.api import permission
from consent.api.authentication import TokenAuthentication
from consent.api.body import MAX_BODY
from ledger.canonical import parse

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest
    from rest_framework.views import APIView

    from consent.tokens import Credential

_STEP: Final = re.compile(r"\.([^.\[\]]+)|\[(\d+|\.\.\.)\]")
_UNKNOWN: Final = re.compile(r"unknown field `(.*?)`")
_MISSING: Final = re.compile(r"missing required field `(.*?)`")


class _Caller(TokenAuthentication):
    """A party by its token, of which only the id is read."""

    def looked_up(self, token: str) -> tuple[Any, Credential] | None:
        held = tokens.read(token)
        return None if held is None else (held.party, held)


def door(described: type[APIView]) -> Callable[[Callable[[HttpRequest, UUID], object]], Callable[..., HttpResponse]]:
    """Make a plain view, POST only, of a function of request and caller that returns what is answered as JSON."""

    def decorate(answer: Callable[[HttpRequest, UUID], object]) -> Callable[..., HttpResponse]:
        @csrf_exempt  # a bearer token is no cookie: no other site can send it
        @wraps(answer)
        def view(request: HttpRequest) -> HttpResponse:
            caller = _caller(request, scopes.needed(getattr(described, "scope", None), "POST"))
            if request.method != "POST":
                return HttpResponseNotAllowed(["POST"])
            counted = limits.spend(str(caller), request)
            said = msgspec.json.encode(answer(request, caller))
            return HttpResponse(said, content_type="application/json", headers=counted)

        view.cls, view.initkwargs = described, {}  # type: ignore[attr-defined]  # where drf-spectacular looks
        return view

    return decorate


def body(request: HttpRequest, limit: int = MAX_BODY) -> dict[str, Any]:
    """Return the body, read as strictly as what is signed. Raises `MalformedJson`."""
    if request.content_type != "application/json":
        raise UnsupportedMediaType(str(request.content_type))
    return parse(request.read(limit + 1), limit=limit)


def shaped[T](document: object, shape: type[T]) -> T:
    """Return the document in its shape. Raises REST framework's ValidationError, which names the field."""
    try:
        return msgspec.convert(document, shape)
    except msgspec.ValidationError as error:
        raise ValidationError(_detail(str(error))) from error


def first_wrong(error: ValidationError) -> tuple[str, str]:
    """Return the pointer and the sentence of what `shaped` refused."""
    pointer = ""
    detail: Any = error.detail
    while isinstance(detail, dict):
        name, detail = next(iter(detail.items()))
        pointer += "/" + str(name).replace("~", "~0").replace("/", "~1")
    return pointer, str(detail[0])


def _detail(said: str) -> Any:  # noqa: ANN401 - REST framework's nesting
    """Nest the codec's sentence ("… - at `$.cast[0]`") as REST framework does, by the steps to the field."""
    sentence, _, place = said.partition(" - at `$")
    steps = [name or number for name, number in _STEP.findall(place.rstrip("`"))]
    code = "invalid"
    if unknown := _UNKNOWN.search(sentence):
        steps, sentence = [*steps, unknown[1]], "This field is not known. Leave it out."
    elif missing := _MISSING.search(sentence):
        steps, sentence, code = [*steps, missing[1]], "This field is required.", "required"
    detail: Any = [ErrorDetail(sentence, code)]
    for step in reversed(steps):
        detail = {step: detail}
    return detail


def _caller(request: HttpRequest, scope: str | None) -> UUID:
    scheme = _Caller()
    try:
        found = scheme.authenticate(request)  # type: ignore[arg-type]  # it reads the headers only
    except AuthenticationFailed as refusal:
        raise _with_header(refusal, scheme.authenticate_header(request)) from None  # type: ignore[arg-type]  # likewise
    if found is None:
        raise _with_header(NotAuthenticated(), scheme.authenticate_header(request))  # type: ignore[arg-type]  # likewise
    permission.check(found[1], scope)
    return UUID(str(found[0]))


def _with_header(refusal: APIException, header: str) -> APIException:
    refusal.auth_header = header  # type: ignore[attr-defined]  # where REST framework's own handler looks
    return refusal
