"""What every double has: a film to give away, orders it remembers, and ways to misbehave.

Modes: "" (none), busy, silent (takes the order, never answers), drop (takes the first order and hangs up), forget (has
lost every job), fail, strange (a status nobody knows, twice), never, garbage, huge, loris, truncated, other (tells of
another job), redirect.
"""

from __future__ import annotations

import base64
import json
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar


class House:
    """The state of one double. Jobs live in memory, as they do in the real ones."""

    def __init__(self, film: bytes) -> None:
        self.film, self.mode = film, ""
        self.jobs: dict[str, dict[str, Any]] = {}
        self.requests: list[dict[str, Any]] = []
        self.counts = {"accepted": 0, "stopped": 0, "forgotten": 0}

    def take(self, job: str) -> dict[str, Any]:
        """Begin a render."""
        self.counts["accepted"] += 1
        self.jobs[job] = {"polls": 0, "stopped": False}
        return self.jobs[job]

    def stage(self, job: str) -> str | None:
        """Say how far it is, further with each question: queued, running, then done, failed or strange."""
        if self.mode == "forget" or job not in self.jobs:
            return None
        record = self.jobs[job]
        record["polls"] += 1
        if record["stopped"]:
            return "stopped"
        if record["polls"] < 3:
            return "strange" if self.mode == "strange" else ("queued", "running")[record["polls"] - 1]
        return {"fail": "failed", "never": "running"}.get(self.mode, "done")


class Handler(BaseHTTPRequestHandler):
    """Routes to `answer_METHOD`, keeps what came, and spoils what it is told to spoil."""

    house: ClassVar[House]
    protocol_version = "HTTP/1.1"
    body = b""

    def _serve(self) -> None:
        self.body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        if self.path == "/_double":
            return self._control()
        kept = {"line": f"{self.command} {self.path}", "headers": {k.lower(): v for k, v in self.headers.items()}}
        self.house.requests.append(kept | {"body": base64.b64encode(self.body).decode()})
        if self.house.mode == "redirect":
            return self.send(302, b"", Location="http://127.0.0.1:9/")
        return self.answer()

    do_GET = do_POST = do_PUT = do_DELETE = _serve  # noqa: N815 - named by http.server

    def _control(self) -> None:
        if self.command == "POST":
            self.house.mode = json.loads(self.body)["mode"]
            self.house.requests.clear()
        self.say(200, {"requests": self.house.requests, **self.house.counts})

    def answer(self) -> None:
        raise NotImplementedError

    def accepted(self, document: dict[str, Any], status: int = 200) -> None:
        """Answer an order that was taken, or do not."""
        match self.house.mode:
            case "silent":
                time.sleep(60)
                self.close_connection = True
            case "drop":
                self.house.mode, self.close_connection = "", True
            case _:
                self.say(status, document)

    def say(self, status: int, document: object) -> None:
        self.send(status, json.dumps(document).encode(), Content_Type="application/json")

    def send(self, status: int, body: bytes, **headers: str) -> None:
        self.send_response(status)
        for name, value in ({"Content-Length": str(len(body))} | headers).items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def show(self) -> None:
        """Send the film, or what passes for one."""
        film, mode = self.house.film, self.house.mode
        if mode in {"truncated", "loris", "huge"}:
            self.close_connection = True
            self.send_response(200)
            self.send_header("Content-Length", str(5 << 30 if mode == "huge" else len(film)))
            self.end_headers()
            for byte in film[:100] if mode == "loris" else b"":
                self.wfile.write(bytes([byte]))
                time.sleep(0.05)
            self.wfile.write(b"" if mode == "loris" else film[: len(film) // 2])
        else:
            self.send(200, b"<html>not a film" * 99 if mode == "garbage" else film, Content_Type="video/mp4")

    def log_message(self, *_: object) -> None:
        pass


def serve(handler: type[Handler], film: Path) -> None:
    handler.house = House(film.read_bytes())
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    sys.stdout.write(json.dumps({"url": f"http://127.0.0.1:{server.server_address[1]}"}) + "\n")
    sys.stdout.flush()
    server.serve_forever(poll_interval=0.05)
