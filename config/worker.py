"""The web server's worker: what gunicorn refuses by itself is a problem document like every other refusal."""

from __future__ import annotations

import json
import logging
import socket
from http import HTTPStatus
from typing import Any

from gunicorn.http import errors
from gunicorn.workers.gthread import ThreadWorker

from config.arrivals import SECONDS, Arrivals

ANSWER_SECONDS = 1.0  # how long a client that does not read may keep a thread with our refusal
REFUSALS: dict[type[Exception], tuple[HTTPStatus, str, str]] = {
    errors.LimitRequestLine: (HTTPStatus.REQUEST_URI_TOO_LONG, "too-large", "The address of the request is too long."),
    errors.LimitRequestHeaders: (
        HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
        "too-large",
        "A header of the request is too long, or there are too many.",
    ),
    errors.ExpectationFailed: (HTTPStatus.EXPECTATION_FAILED, "bad-request", "This expectation cannot be met."),
    errors.UnsupportedTransferCoding: (
        HTTPStatus.NOT_IMPLEMENTED,  # RFC 9112, section 6.1
        "bad-request",
        "This transfer coding is not taken.",
    ),
}
MALFORMED = (HTTPStatus.BAD_REQUEST, "bad-request", "The request is not well-formed HTTP.")
OF_OURS = (errors.InvalidResponseHeader, errors.InvalidResponseHeaderName, errors.ConfigurationProblem)
log = logging.getLogger(__name__)


class Worker(ThreadWorker):  # type: ignore[misc]  # gunicorn has no types
    """gthread; the requests that never reach Django are answered here, and none arrives for ever."""

    request_seconds = SECONDS

    def init_process(self) -> None:
        """Start watching in the process that serves: threads do not survive the fork."""
        self.arrivals = Arrivals(self.request_seconds)
        super().init_process()

    def handle(self, conn: Any) -> Any:  # noqa: ANN401 - gunicorn's own types
        """Handle one request within its time."""
        with self.arrivals.expected(conn.sock):
            return super().handle(conn)

    def handle_error(self, req: Any, client: socket.socket, addr: Any, exc: Exception) -> None:  # noqa: ANN401, ARG002 - gunicorn's signature
        """Refuse a request that could not be read, or own up to a fault. The connection is closed afterwards."""
        status, found = refusal(exc)
        if status == HTTPStatus.INTERNAL_SERVER_ERROR:
            log.error("fault outside the application", exc_info=exc)
        else:
            log.warning("refused a request that is not HTTP as we take it: %s", type(exc).__name__)
        try:
            client.settimeout(ANSWER_SECONDS)
            client.sendall(written(status, found))
        except OSError as gone:
            log.debug("nobody read the refusal: %s", gone)


def refusal(error: Exception) -> tuple[HTTPStatus, dict[str, Any]]:
    """Return status and problem document. What the request was for is unknown, so `error` is always with it."""
    from config import envelope, problems  # gunicorn loads this module before Django's applications

    if isinstance(error, OF_OURS) or not isinstance(error, errors.ParseException):
        status, code, detail, remedy = HTTPStatus.INTERNAL_SERVER_ERROR, "internal", problems.FAULT, "Try again."
    else:
        status, code, detail = REFUSALS.get(type(error), MALFORMED)
        remedy = "Send less." if code == "too-large" else "Send a request as RFC 9112 has it."
    return status, envelope.wrapped(problems.document(status, code, detail, path="", remedy=remedy))


def written(status: HTTPStatus, found: dict[str, Any]) -> bytes:
    """Return the bytes of the whole response."""
    body = json.dumps(found).encode()
    head = (
        f"HTTP/1.1 {status.value} {status.phrase}\r\nConnection: close\r\nContent-Type: application/problem+json\r\n"
        f"Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body
