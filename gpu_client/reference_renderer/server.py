"""The HTTP face: `/v1/videos` with the error envelope its clients expect. Answers nothing without the service token."""

from __future__ import annotations

import hmac
import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from gpu_client.reference_renderer import orders
from gpu_client.reference_renderer.orders import Refused
from gpu_client.reference_renderer.renders import Renders, name_for

NAME = "Countenance reference renderer - not a generative model"
MAX_BODY = 256 << 20  # bytes


@dataclass
class Service:
    """What the handler needs. `misbehaving` None: it behaves."""

    renders: Renders
    keys: Mapping[str, bytes]
    sealing_key: X25519PrivateKey = field(repr=False)
    token: str = field(repr=False)
    misbehaving: str | None = None


class Handler(BaseHTTPRequestHandler):
    """One connection. Routes are few enough to be written out."""

    service: ClassVar[Service]
    protocol_version = "HTTP/1.1"
    server_version, sys_version = "countenance-reference-renderer", ""
    timeout = 30  # seconds a connection may be idle

    def do_GET(self) -> None:
        """Health and the sealing key for anybody, the rest with the token."""
        self._answer(self._get)

    def do_POST(self) -> None:
        """Start a render."""
        self._answer(self._post)

    def do_DELETE(self) -> None:
        """Stop a render."""
        self._answer(self._delete)

    def _answer(self, route: Any) -> None:  # noqa: ANN401 - one of the three methods below
        try:
            route(urlsplit(self.path))
        except Refused as refusal:
            envelope = {"message": refusal.message, "type": "invalid_request", "param": None, "code": refusal.code}
            self.send_document(refusal.status, {"error": envelope} | refusal.more)
        except (BrokenPipeError, ConnectionResetError, TimeoutError):
            self.close_connection = True

    def _get(self, url: Any) -> None:  # noqa: ANN401 - urlsplit's result
        match url.path.strip("/").split("/"):
            case ["healthz"]:
                self.send_document(200, self.health())
            case ["v1", "sealing-key"]:
                public = self.service.sealing_key.public_key().public_bytes_raw().hex()
                self.send_document(200, {"kem": "DHKEM(X25519, HKDF-SHA256)", "public": public})
            case ["v1", "videos"]:
                self._insist_on_token()
                self.send_list(parse_qs(url.query).get("permit", []))
            case ["v1", "videos", name]:
                self._insist_on_token()
                self.send_video(self.record(name))
            case ["v1", "videos", name, "content"]:
                self._insist_on_token()
                self.send_content(self.record(name))
            case _:
                raise Refused(404, "not_found", "There is nothing here.")

    def _post(self, url: Any) -> None:  # noqa: ANN401 - urlsplit's result
        body = self._body()
        if url.path != "/v1/videos":
            raise Refused(404, "not_found", "There is nothing here.")
        order = orders.read(
            self.headers.get("Content-Type", ""),
            body,
            self.headers.get("Countenance-Permit", ""),
            keys=self.service.keys,
            sealing_key=self.service.sealing_key,
            refuse_reuse=self.service.renders.refuse_reuse,
        )
        del body
        self.send_accepted(self.service.renders.accept(order))

    def _delete(self, url: Any) -> None:  # noqa: ANN401 - urlsplit's result
        self._insist_on_token()
        match url.path.strip("/").split("/"):
            case ["v1", "videos", name]:
                self.service.renders.delete(self.record(name)["id"])
                self.send_document(200, {"id": name, "object": "video.deleted", "deleted": True})
            case _:
                raise Refused(404, "not_found", "There is nothing here.")

    def record(self, name: str) -> dict[str, Any]:
        """Return a render's record or answer 404."""
        record = self.service.renders.get(name)
        if record is None:
            raise Refused(404, "not_found", "There is no such video.")
        return record

    def health(self) -> dict[str, Any]:
        """Tell what runs here, and what it has done since it started."""
        counts = self.service.renders.counts
        return {"name": NAME, "generative": False, "misbehaving": self.service.misbehaving} | vars(counts)

    def send_accepted(self, record: dict[str, Any]) -> None:
        """Answer a new order."""
        self.send_document(200, record)

    def send_video(self, record: dict[str, Any]) -> None:
        """Answer how far a render is."""
        self.send_document(200, record)

    def send_list(self, permits: list[str]) -> None:
        """Answer which render a permit started; there is no other list."""
        try:
            names = [name_for(str(UUID(permit))) for permit in permits]
        except ValueError as error:
            raise Refused(400, "permit", "The filter permit is the id of a permit.") from error
        if not names:
            raise Refused(400, "permit", "Name the permit whose render you look for.")
        found = [record for name in names if (record := self.service.renders.get(name))]
        self.send_document(200, {"object": "list", "data": found, "has_more": False})

    def send_content(self, record: dict[str, Any]) -> None:
        """Send the finished file."""
        path = self.service.renders.content(record["id"])
        if record["status"] != "completed" or not path.exists():
            raise Refused(404, "not_ready", "This video has no content (yet).")
        with path.open("rb") as file:
            self.send_response(200)
            self.send_header("Content-Type", "video/mp4")
            self.send_header("Content-Length", str(path.stat().st_size))
            self.end_headers()
            shutil.copyfileobj(file, self.wfile, 1 << 18)

    def send_document(self, status: int, document: Mapping[str, Any]) -> None:
        """Send JSON."""
        body = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _body(self) -> bytes:
        """Read the request's body. Without a token it is read and dropped, so that the refusal arrives."""
        length = self.headers.get("Content-Length", "")
        if not (length.isascii() and length.isdigit()) or int(length) > MAX_BODY:
            self.close_connection = True
            raise Refused(413, "body", f"Send a Content-Length of at most {MAX_BODY} bytes.")
        try:
            self._insist_on_token()
        except Refused:
            left = int(length)
            while left > 0 and (piece := self.rfile.read(min(left, 1 << 16))):
                left -= len(piece)
            raise
        body = self.rfile.read(int(length))
        if len(body) != int(length):
            self.close_connection = True
            raise Refused(400, "body", "The body is shorter than announced.")
        return body

    def _insist_on_token(self) -> None:
        given = self.headers.get("Authorization", "").encode()
        if not hmac.compare_digest(given, f"Bearer {self.service.token}".encode()):
            raise Refused(401, "unauthorized", "Send the service token as Authorization: Bearer.")

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it so
        """Log nothing: addresses carry ids of renders."""


class Server(ThreadingHTTPServer):
    """Threads end with the process; a connection does not hold it back."""

    daemon_threads = True
    allow_reuse_address = True

    def handle_error(self, request: object, client_address: object) -> None:
        """Peers vanish; that is no news. Everything else is."""
        import sys

        if not isinstance(sys.exception(), ConnectionError | TimeoutError):
            super().handle_error(request, client_address)  # type: ignore[arg-type] # passed through as received


def make_server(port: int, service: Service, handler: type[Handler] = Handler) -> Server:
    """Return a server on 127.0.0.1; port 0 picks a free one."""
    bound = type(handler.__name__, (handler,), {"service": service})
    return Server(("127.0.0.1", port), bound)
