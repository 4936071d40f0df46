"""Receivers for the tests: real servers on the loopback, and a verification written from the specification alone."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Call:
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def said(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.body)
        return found

    @property
    def message(self) -> str:
        return self.headers["webhook-id"]

    @property
    def event(self) -> str:
        return str(self.said["type"])


@dataclass
class Receiver:
    """What came, and what is answered: `answer` decides, by default 204 to everything."""

    port: int = 0
    calls: list[Call] = field(default_factory=list)
    answer: Callable[[Call], int] = lambda _call: 204

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook?tenant=7"

    def events(self) -> list[str]:
        return [call.event for call in self.calls]


@contextmanager
def receiving() -> Iterator[Receiver]:
    """Listen until the end of the test."""
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            call = Call(self.path, headers, body)
            receiver.calls.append(call)
            status = receiver.answer(call)
            self.send_response(status)
            if 300 <= status < 400:
                self.send_header("Location", f"http://127.0.0.1:{receiver.port}/elsewhere")
            self.end_headers()

        def log_message(self, *_words: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    receiver.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()


def verified(secret: str, call: Call) -> dict[str, Any]:
    """Verify as a stranger would who has only read the specification; raise `ValueError` for what does not hold."""
    key = base64.b64decode(secret.split("_", 1)[1])
    content = b".".join([call.headers["webhook-id"].encode(), call.headers["webhook-timestamp"].encode(), call.body])
    wanted = base64.b64encode(hmac.digest(key, content, hashlib.sha256)).decode()
    for part in call.headers["webhook-signature"].split(" "):
        version, _, given = part.partition(",")
        if version == "v1" and hmac.compare_digest(wanted, given):
            return call.said
    raise ValueError("no signature of this secret")
