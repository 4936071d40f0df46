"""The authority's doors (RFC 3161 section 3.4): `POST /` takes a request, `GET /healthz` says that it runs."""

from __future__ import annotations

import logging
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from provenance.tsa.answer import MAX_REQUEST, answer
from provenance.tsa.authority import Authority

QUERY, REPLY, PLAIN = "application/timestamp-query", "application/timestamp-reply", "text/plain; charset=utf-8"
SECONDS = 10  # a connection that says nothing for so long is closed

logger = logging.getLogger(__name__)


class Server(ThreadingHTTPServer):
    """A thread for each connection."""

    daemon_threads = True

    def __init__(self, host: str, port: int, authority: Authority) -> None:
        super().__init__((host, port), Handler)
        self.authority = authority


class Handler(BaseHTTPRequestHandler):
    """One connection, kept alive."""

    server: Server
    protocol_version = "HTTP/1.1"
    server_version = "countenance-development-tsa"
    sys_version = ""
    timeout = SECONDS
    disable_nagle_algorithm = True

    def do_POST(self) -> None:
        """Stamp a digest."""
        length = self.headers.get("Content-Length", "")
        if "Transfer-Encoding" in self.headers or not (length.isascii() and length.isdigit()):
            return self._refuse(HTTPStatus.LENGTH_REQUIRED, "a Content-Length is needed")
        if int(length) > MAX_REQUEST:
            return self._refuse(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"a request has at most {MAX_REQUEST} bytes")
        body = self.rfile.read(int(length))
        if len(body) != int(length):
            return self._refuse(HTTPStatus.BAD_REQUEST, "the body ended early")
        if self.path != "/":
            return self._send(HTTPStatus.NOT_FOUND, PLAIN, b"there is no such door\n")
        if self.headers.get("Content-Type", "").partition(";")[0].strip().lower() != QUERY:
            return self._send(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, PLAIN, f"a request is {QUERY}\n".encode())
        return self._send(HTTPStatus.OK, REPLY, answer(body, self.server.authority))

    def do_GET(self) -> None:
        """Say that it runs, and what for."""
        if self.path == "/healthz":
            return self._send(HTTPStatus.OK, PLAIN, b"a time-stamping authority for DEVELOPMENT only\n")
        return self._send(HTTPStatus.NOT_FOUND, PLAIN, b"there is no such door\n")

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class' name
        """Log through `logging`."""
        logger.info(format, *args)

    def _refuse(self, status: HTTPStatus, text: str) -> None:
        self.close_connection = True  # what follows is the rest of a body that was not read
        self._send(status, PLAIN, f"{text}\n".encode())

    def _send(self, status: HTTPStatus, kind: str, data: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        self.send_header("X-Content-Type-Options", "nosniff")
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(data)
