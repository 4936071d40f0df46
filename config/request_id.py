"""Which request this is: an id that the caller may bring, that the answer carries, and that every line of the log has.

It stands in a header and in no body: absent and private answer alike to the byte.
"""

from __future__ import annotations

import logging
import re
import uuid
from contextvars import ContextVar
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponse

HEADER: Final = "X-Request-Id"
SANE: Final = re.compile(r"[A-Za-z0-9._-]{8,64}")  # nothing that breaks a line of a log, or is longer than one
current: ContextVar[str] = ContextVar("request_id", default="")  # "": outside of any request


class InLog(logging.Filter):
    """Give each line of the log the id of its request."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Set it; nothing is kept out."""
        record.request_id = current.get() or "-"
        return True


class RequestId:
    """The first middleware, so that whatever is logged or refused later has the id."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Take the caller's id if it is a sane one, else make one; give it back."""
        brought = request.headers.get(HEADER, "")
        given = brought if SANE.fullmatch(brought) else uuid.uuid4().hex
        token = current.set(given)
        try:
            response = self.get_response(request)
        finally:
            current.reset(token)
        response[HEADER] = given
        return response
