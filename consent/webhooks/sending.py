"""One POST to a target that was judged, and the status of its answer. Pure.

No library follows a redirect, reads a proxy from the environment or resolves the name again here, because none is used:
a socket to the judged address, TLS for the name, one request, and of the answer its status. Everything together ends
before the deadline, however slowly the other side drips.
"""

from __future__ import annotations

import re
import socket
import ssl
import time
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from consent.webhooks.targets import Target

MAX_HEAD: Final = 16384  # bytes of an answer that are read at most: status and headers
AGENT: Final = "Countenance-Webhooks/1"
_STATUS: Final = re.compile(rb"HTTP/1\.[01] ([1-5][0-9]{2})[ \r\n]")


class Unanswered(Exception):  # noqa: N818 - never leaves the app: the log of deliveries says it
    """No status came. `why` is one of `WHY`."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


WHY: Final = ("refused-target", "timeout", "tls", "connection", "no-http")


def post(
    target: Target, headers: Mapping[str, str], body: bytes, *, until: float, tls: ssl.SSLContext | None = None
) -> int:
    """Send, and return the status of the answer. `until`: by `time.monotonic()`. Raises `Unanswered`.

    `tls` None: the system's certificate authorities.
    """
    try:
        with _connected(target, until, tls) as connection:
            _patient(connection, until).sendall(_request(target, headers, body))
            return _status(connection, until)
    except TimeoutError as error:
        raise Unanswered("timeout") from error
    except ssl.SSLError as error:
        raise Unanswered("tls") from error
    except OSError as error:
        raise Unanswered("connection") from error


def _connected(target: Target, until: float, tls: ssl.SSLContext | None) -> socket.socket:
    raw = socket.create_connection((target.address, target.place.port), timeout=_left(until))
    if not target.place.secure:
        return raw
    try:
        return (tls or ssl.create_default_context()).wrap_socket(raw, server_hostname=target.place.host)
    except BaseException:
        raw.close()
        raise


def _request(target: Target, headers: Mapping[str, str], body: bytes) -> bytes:
    lines = [f"POST {target.place.path} HTTP/1.1", f"Host: {target.place.authority}", f"User-Agent: {AGENT}"]
    lines += ["Content-Type: application/json", f"Content-Length: {len(body)}", "Connection: close"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode("ascii") + body


def _status(connection: socket.socket, until: float) -> int:
    """Read the head of the answer; what comes before the last one (1xx) is passed over."""
    head = b""
    while len(head) <= MAX_HEAD:
        if found := _STATUS.match(head):
            if not found[1].startswith(b"1"):
                return int(found[1])
            _, ended, after = head.partition(b"\r\n\r\n")
            if ended:
                head = after
                continue
        some = _patient(connection, until).recv(4096)
        if not some:
            break
        head += some
    raise Unanswered("no-http")


def _patient(connection: socket.socket, until: float) -> socket.socket:
    connection.settimeout(_left(until))
    return connection


def _left(until: float) -> float:
    left = until - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left
