"""A double that lies, stalls and fails on purpose, for the tests of those who must survive it. Never for anybody else.

It says so in /healthz and on the error stream. Each mode is one way in which a real service has failed somebody.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from gpu_client.reference_renderer import film
from gpu_client.reference_renderer.server import Handler

MODES = {
    "slow": "never gets further than in_progress",
    "fail": "every render fails",
    "fail-by-status": "a failed render answers 500 with the video in the body",
    "wrong-size": "renders another size than ordered",
    "wrong-length": "renders another length than ordered",
    "garbage": "the content is noise",
    "garbage-json": "the state is not JSON",
    "unknown-status": "the state is a word nobody knows",
    "huge": "announces a content of 5 GB",
    "endless": "content without an announced length that does not end",
    "dribble": "sends the content a byte at a time",
    "truncated": "breaks off in the middle of the content",
    "silent": "takes an order and never answers",
    "drop-first-response": "takes the first order, starts to work and hangs up",
    "not-found": "forgets every render",
    "redirect": "sends callers somewhere else",
    "bad-id": "gives renders an id that is a path",
    "busy": "always overloaded",
}
HUGE = 5 << 30
HOLD_SECONDS = 120.0


class MisbehavingHandler(Handler):
    """The real handler with one answer spoilt."""

    dropped = False

    @property
    def mode(self) -> str:
        """Name the way to misbehave."""
        return self.service.misbehaving or ""

    def send_accepted(self, record: dict[str, Any]) -> None:
        """Spoil the answer to an order that was taken."""
        match self.mode:
            case "silent":
                time.sleep(HOLD_SECONDS)
                self.close_connection = True
            case "drop-first-response" if not type(self).dropped:
                type(self).dropped = True
                self.close_connection = True
            case "bad-id":
                self.send_document(200, record | {"id": "../../v1/permits"})
            case _:
                super().send_accepted(record)

    def do_POST(self) -> None:  # noqa: N802 - named by http.server
        """Refuse everything when busy."""
        if self.mode == "busy":
            self.rfile.read(int(self.headers.get("Content-Length", "0")))
            self.send_document(503, {"error": {"code": "busy", "message": "Try later."}})
        else:
            super().do_POST()

    def send_video(self, record: dict[str, Any]) -> None:
        """Spoil the state."""
        match self.mode:
            case "slow":
                self.send_document(200, record | {"status": "in_progress", "progress": 1})
            case "garbage-json":
                self._send(200, b"<html>" + os.urandom(64))
            case "unknown-status":
                self.send_document(200, record | {"status": "almost_there"})
            case "not-found":
                self.send_document(404, {"error": {"code": "not_found", "message": "Never heard of it."}})
            case "redirect":
                self.send_response(302)
                self.send_header("Location", "/healthz")
                self.send_header("Content-Length", "0")
                self.end_headers()
            case "fail-by-status" if record["status"] == "failed":
                self.send_document(500, record)
            case _:
                super().send_video(record)

    def send_content(self, record: dict[str, Any]) -> None:
        """Spoil the file."""
        match self.mode:
            case "garbage":
                self._send(200, os.urandom(1 << 16))
            case "huge":
                self._announce({"Content-Length": str(HUGE)})
                self._pour(b"\0" * 65536, pause=0)
            case "endless":
                self._announce({"Connection": "close"})
                self._pour(b"\0" * 65536, pause=0)
            case "dribble":
                self._announce({"Content-Length": "100000"})
                self._pour(b"\0", pause=0.05)
            case "truncated":
                data = self.service.renders.content(record["id"]).read_bytes()
                self._announce({"Content-Length": str(len(data))})
                self.wfile.write(data[: len(data) // 2])
                self.close_connection = True
            case _:
                super().send_content(record)

    def _pour(self, piece: bytes, *, pause: float) -> None:
        """Send until the other side hangs up, as it should."""
        self.close_connection = True
        end = time.monotonic() + HOLD_SECONDS
        while time.monotonic() < end:
            self.wfile.write(piece)
            time.sleep(pause)

    def _announce(self, headers: dict[str, str]) -> None:
        self.send_response(200)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()

    def _send(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def shoot_for(mode: str) -> Callable[..., None]:
    """Return the way this double makes films."""
    return {"wrong-size": _small, "wrong-length": _long, "fail": _fail, "fail-by-status": _fail}.get(mode, film.shoot)


def _small(target: Path, **order: Any) -> None:  # noqa: ANN401 - passed on to shoot
    film.shoot(target, **order | {"size": (320, 180)})


def _long(target: Path, **order: Any) -> None:  # noqa: ANN401 - passed on to shoot
    film.shoot(target, **order | {"seconds": order["seconds"] + 3})


def _fail(target: Path, **order: Any) -> None:  # noqa: ANN401 - passed on to nobody
    raise MemoryError(f"out of memory on purpose, {target.name}, {len(order)} parts")
