"""A web server whose requests must arrive within a second, and an application that reads what is announced."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from config import worker


class Worker(worker.Worker):
    request_seconds = 1.0


class Patient(worker.Worker):
    request_seconds = 3600.0


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    start_response("200 OK", [("Content-Length", "2"), ("Content-Type", "text/plain")])
    return [f"{len(body) % 100:02}".encode()]
