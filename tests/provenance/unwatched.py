"""The application without the client's socket, so that nothing can watch it: the control of test_streams."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from config.wsgi import application as watched


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Take the socket away."""
    environ.pop("gunicorn.socket", None)
    return watched(environ, start_response)
