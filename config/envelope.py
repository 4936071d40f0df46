"""What the clients of the /v1/videos API read of a refusal: one member `error`, and never a reason to try it again.

The problem document stays around it, so that one answer serves both sorts of clients. Their libraries send a request
again by themselves after 408, 409, 429 and 5xx: a refusal that says 409 elsewhere says 422 here.
"""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

PREFIX = "/v1/videos"
PLAIN = frozenset({"type", "title", "status", "code", "detail", "remedy", "instance", "errors"})  # of every problem
WORTH_A_RETRY = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS})
RETRY = "x-should-retry"


def reaches(path: str) -> bool:
    """Tell whether the clients of that API read what is answered at this address."""
    return path == PREFIX or path.startswith(f"{PREFIX}/")


def status(path: str, found: int) -> int:
    """Return the status to answer with there."""
    return HTTPStatus.UNPROCESSABLE_ENTITY if found == HTTPStatus.CONFLICT and reaches(path) else found


def wrapped(found: dict[str, Any]) -> dict[str, Any]:
    """Add the member that those clients read to a problem document; what is particular to the refusal is in it too."""
    kind = "invalid_request_error" if found["status"] < HTTPStatus.INTERNAL_SERVER_ERROR else "server_error"
    wrong = found.get("errors") or [{}]
    error = {
        "message": f"{found['detail']} {found['remedy']}".strip(),
        "type": kind,
        "param": str(wrong[0].get("pointer") or "").lstrip("#/") or None,
        "code": found["code"].replace("-", "_"),
    }
    return found | {"error": {name: value for name, value in found.items() if name not in PLAIN} | error}


def headers(found: Mapping[str, Any]) -> dict[str, str]:
    """Return what tells a client library that the same request would be refused again."""
    refused = found["status"] < HTTPStatus.INTERNAL_SERVER_ERROR and found["status"] not in WORTH_A_RETRY
    return {RETRY: "false"} if refused and "error" in found else {}
