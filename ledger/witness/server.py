"""The witness' doors: `POST /add-checkpoint`, `GET /<hex SHA-256 of the origin>/checkpoint`, `GET /healthz`."""

import logging
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from ledger.witness.judge import Answer, Judge

MAX_BODY = 64 * 1024  # bytes; 63 proof lines and a checkpoint of 64 signatures are less
SECONDS = 10  # a connection that says nothing for so long is closed

logger = logging.getLogger(__name__)


class Server(ThreadingHTTPServer):
    """A thread for each connection; the judge lets one at a time in."""

    daemon_threads = True

    def __init__(self, port: int, judge: Judge) -> None:
        super().__init__(("127.0.0.1", port), Handler)
        self.judge = judge


class Handler(BaseHTTPRequestHandler):
    """One connection, kept alive."""

    server: Server
    protocol_version = "HTTP/1.1"
    server_version = "countenance-witness"
    sys_version = ""
    timeout = SECONDS
    disable_nagle_algorithm = True

    def do_POST(self) -> None:
        """Take a checkpoint."""
        body = self._body()
        if isinstance(body, Answer):
            self.close_connection = True  # what follows is the rest of a body that was not read
            return self._answer(body)
        if self.path != "/add-checkpoint":
            return self._answer(Answer(HTTPStatus.NOT_FOUND, "there is no such door\n"))
        try:
            answer = self.server.judge.add(body)
        except Exception:
            # Nothing is signed; whether the newest checkpoint was remembered is unknown, and a 409 will tell.
            logger.exception("a submission could not be judged")
            answer = Answer(HTTPStatus.INTERNAL_SERVER_ERROR, "not judged\n")
        return self._answer(answer)

    def do_GET(self) -> None:
        """Show the newest checkpoint of a log, or that the witness runs."""
        name, _, rest = self.path.removeprefix("/").partition("/")
        if self.path == "/healthz":
            return self._answer(Answer(HTTPStatus.OK, self.server.judge.key.vkey() + "\n"))
        if rest == "checkpoint":
            return self._answer(self.server.judge.newest(name))
        return self._answer(Answer(HTTPStatus.NOT_FOUND, "there is no such door\n"))

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class' name
        """Log through `logging`."""
        logger.info(format, *args)

    def _body(self) -> bytes | Answer:
        length = self.headers.get("Content-Length", "")
        if "Transfer-Encoding" in self.headers or not (length.isascii() and length.isdigit()):
            return Answer(HTTPStatus.LENGTH_REQUIRED, "a Content-Length is needed\n")
        if int(length) > MAX_BODY:
            return Answer(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"a submission has at most {MAX_BODY} bytes\n")
        body = self.rfile.read(int(length))
        if len(body) != int(length):
            return Answer(HTTPStatus.BAD_REQUEST, "the body ended early\n")
        return body

    def _answer(self, answer: Answer) -> None:
        data = answer.text.encode()
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.kind)
        self.send_header("Content-Length", str(len(data)))
        self.send_header("X-Content-Type-Options", "nosniff")
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(data)
