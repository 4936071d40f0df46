"""Read what a render service answered: one of our values, or one of our errors. Shared by every dialect. Pure.

Whatever is passed on is bounded and printable; an id is one plain path segment, because it becomes part of an address.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from gpu_client.protocol import RendererLied, RendererRefused, RendererUnavailable
from gpu_client.wire import OK, REDIRECT, Answer, Cut

NOT_FOUND = 404
TRY_LATER = {408, 425, 429, 503}  # all four say that nothing was accepted
SERVER_ERROR = 500
FULL = 100  # per cent


def retryable(call: Callable[[], Answer]) -> Answer:
    """Make a call that may be repeated freely: a broken exchange is only an unavailable service."""
    try:
        return call()
    except Cut as error:
        raise RendererUnavailable(error.code, error.detail) from error


def insist_on_success(answer: Answer) -> None:
    """Raise RendererUnavailable for what may pass by itself, RendererRefused for what will not."""
    if OK <= answer.status < REDIRECT:
        return
    code, detail = complaint_of(answer)
    detail = detail or f"The render service answered {answer.status}."
    if answer.status in TRY_LATER or answer.status >= SERVER_ERROR:
        raise RendererUnavailable(code or "busy", detail)
    raise RendererRefused("not-found" if answer.status == NOT_FOUND else code or "refused", detail)


def document_of(answer: Answer, *, lenient: bool = False) -> dict[str, Any]:
    """Read a JSON object. `lenient`: what is none counts as an empty one (the body of an error may be anything)."""
    try:
        document = json.loads(answer.unverified_body)
    except (ValueError, RecursionError):
        document = None
    if isinstance(document, dict):
        return document
    if lenient:
        return {}
    raise RendererLied("not-json", "The render service answered with something that is not a JSON object.")


def complaint_of(answer: Answer) -> tuple[str, str]:
    """Read (code, message) from an answer that is no success."""
    return error_of(document_of(answer, lenient=True))


def error_of(document: dict[str, Any]) -> tuple[str, str]:
    """Read the error envelope as (code, message), both cleaned and bounded; empty texts where there is none."""
    error = document.get("error")
    if not isinstance(error, dict):
        return "", ""
    code = error.get("code")
    known = code if isinstance(code, str) and re.fullmatch(r"[a-z0-9_.-]{1,64}", code) else ""
    return known, clean(error.get("message"))


def identifier(unverified: object) -> str:
    """Accept an upstream id only if it is one plain path segment: it becomes part of the next address."""
    if isinstance(unverified, str) and re.fullmatch(r"[A-Za-z0-9_-][A-Za-z0-9_.:-]{0,127}", unverified):
        return unverified
    raise RendererLied("bad-id", "The render service gave its render an id that we cannot use.")


def progress_of(unverified: object) -> int:
    """Best effort in every dialect, so nonsense is nought, not an error."""
    number = isinstance(unverified, int | float) and not isinstance(unverified, bool)
    return int(unverified) if number and 0 <= unverified <= FULL else 0  # type: ignore[operator, call-overload] # checked


def clean(unverified: object) -> str:
    """Printable, on one line, at most 300 characters."""
    text = unverified if isinstance(unverified, str) else ""
    return "".join(c if c.isprintable() else " " for c in text[:300]).strip()
