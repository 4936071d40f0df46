"""A trusted time for a signature: our own fetch of an RFC 3161 time stamp, behind a deadline. Pure.

    with relay(Authority(url, roots_pem, seconds=10)) as here:
        ... the C2PA engine signs with `here.url` as its time-stamping authority ...
    here.failure        # why the engine got none; `None`: it got one, or did not ask

The engine only takes an address. It would wait for ever for a slow authority, follow redirects and take whatever comes.
So it is given a door of ours on the loopback, with an unguessable name, open for one signing. What it asks there we ask
of the authority: within the deadline, without redirects, with a bound on the answer; and only an answer that `check`
finds to be a time stamp of what was asked, made by somebody whom `roots_pem` vouches for, is handed on.
"""

from __future__ import annotations

import contextlib
import http.client
import queue
import secrets
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

from cryptography import x509

from provenance.timestamp_token import Token, TokenRefused, check

QUERY, REPLY = "application/timestamp-query", "application/timestamp-reply"
MAX_REQUEST = 4096  # bytes
MAX_ANSWER = 64 * 1024  # bytes; a token with three RSA certificates has about 6,000
ASKED_AT_MOST = 2  # times by the engine for one signature


class NoTimeStamp(Exception):  # noqa: N818 - what came of it
    """The authority gave no time stamp in time, or none that counts."""


@dataclass(frozen=True, slots=True)
class Authority:
    """Whom we ask for the time. `roots_pem` vouches for time stamps and for nothing else."""

    url: str
    roots_pem: str
    seconds: float = 10.0  # from the question to the last byte of the answer

    @property
    def roots(self) -> list[x509.Certificate]:
        """Return the certificates; raises `ValueError` if there is none."""
        return x509.load_pem_x509_certificates(self.roots_pem.encode())


def fetch(authority: Authority, request: bytes) -> bytes:
    """Return the authority's answer (DER) to a request (DER), found good; raise `NoTimeStamp` by the deadline."""
    response = _ask(authority, request)
    try:
        _: Token = check(response, request, authority.roots, at=datetime.now(UTC))
    except TokenRefused as error:
        raise NoTimeStamp(f"What the time-stamping authority sent is refused: {error}.") from error
    except ValueError as error:
        raise NoTimeStamp("There is no root certificate by which to trust a time stamp.") from error
    return response


def _ask(authority: Authority, request: bytes) -> bytes:
    """Ask in a thread of its own: a look-up of a name has no deadline, and whoever waits for a time stamp has one."""
    until = time.monotonic() + authority.seconds
    answers: queue.Queue[bytes | Exception] = queue.Queue()

    def ask() -> None:
        try:
            answers.put(_call(authority.url, request, until))
        except (NoTimeStamp, OSError, http.client.HTTPException, ValueError) as error:
            answers.put(error)

    threading.Thread(target=ask, name="time stamp", daemon=True).start()
    try:
        answer = answers.get(timeout=authority.seconds)
    except queue.Empty:
        raise NoTimeStamp(f"The time-stamping authority did not answer within {authority.seconds:g} s.") from None
    if isinstance(answer, NoTimeStamp):
        raise answer
    if isinstance(answer, Exception):
        raise NoTimeStamp("The time-stamping authority cannot be reached, or hung up.") from answer
    return answer


def _call(url: str, request: bytes, until: float) -> bytes:
    parts = urlsplit(url)
    kind: Any = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.hostname, parts.port, timeout=max(0.001, until - time.monotonic()))
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    with _cut_off(connection, until):
        connection.request("POST", target, request, {"Content-Type": QUERY, "Accept": REPLY})
        with connection.getresponse() as answer:
            if answer.status != HTTPStatus.OK:
                raise NoTimeStamp(f"The time-stamping authority answered {answer.status}.")
            if answer.headers.get("Content-Type", "").partition(";")[0].strip().lower() != REPLY:
                raise NoTimeStamp("The time-stamping authority sent something else than a time stamp.")
            data: bytes = answer.read(MAX_ANSWER + 1)
    if len(data) > MAX_ANSWER:
        raise NoTimeStamp(f"The time-stamping authority sent more than {MAX_ANSWER} bytes.")
    return data


@contextmanager
def _cut_off(connection: http.client.HTTPConnection, until: float) -> Iterator[None]:
    """End the connection at the deadline: a time-out of the socket begins anew with each byte that drips in."""
    connection.connect()
    wire = connection.sock  # the connection itself forgets it once an answer has begun that ends with it

    def cut() -> None:
        with contextlib.suppress(OSError):
            wire.shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(max(0.0, until - time.monotonic()), cut)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        connection.close()


class Relay(ThreadingHTTPServer):
    """The door on the loopback. `failure` is why the last question got no time stamp; `None`: nothing went wrong."""

    daemon_threads = True

    def __init__(self, authority: Authority) -> None:
        super().__init__(("127.0.0.1", 0), _Door)
        self.authority, self.path = authority, f"/{secrets.token_urlsafe(24)}"
        self.failure: Exception | None = None
        self.asked = 0

    @property
    def url(self) -> str:
        """Return the address that the engine is told."""
        return f"http://127.0.0.1:{self.server_address[1]}{self.path}"

    def ask(self, request: bytes) -> bytes:
        """Return a time stamp that was found good; raise `NoTimeStamp`."""
        self.asked += 1
        if self.asked > ASKED_AT_MOST:
            raise NoTimeStamp("The engine asked for the time again and again.")
        return fetch(self.authority, request)


class _Door(BaseHTTPRequestHandler):
    """One question of the engine's."""

    server: Relay
    timeout = 5

    def do_POST(self) -> None:
        """Hand on a time stamp that was found good, or the bare fact that there is none."""
        length = self.headers.get("Content-Length", "")
        relay = self.server
        if self.path != relay.path or not length.isdecimal() or int(length) > MAX_REQUEST:
            return self._send(HTTPStatus.NOT_FOUND, b"")
        try:
            answer = relay.ask(self.rfile.read(int(length)))
        except Exception as error:  # noqa: BLE001 - whatever it dies of, there is no time stamp, and the signer says why
            relay.failure = error
            return self._send(HTTPStatus.BAD_GATEWAY, b"")
        relay.failure = None
        return self._send(HTTPStatus.OK, answer)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class' name
        """Say nothing: the failure is kept."""

    def _send(self, status: HTTPStatus, data: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", REPLY)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


@contextmanager
def relay(authority: Authority) -> Iterator[Relay]:
    """Open the door for one signing."""
    with Relay(authority) as door:
        thread = threading.Thread(target=door.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield door
        finally:
            door.shutdown()
            thread.join()
