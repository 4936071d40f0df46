"""Witnesses that are down, slow, or lie; each answers over real HTTP."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from ledger import cosignature, note
from ledger.cosignature import Cosigner
from ledger.witness.submission import Submission, decode
from tests.ledger.test_note import Signer

SIGNER = Signer(31)
COSIGNER = Cosigner("lying.example/w", SIGNER.public)
Say = Callable[[Submission], tuple[int, str, str]]


def line(sent: Submission, signer: Signer = SIGNER, *, skew: int = 0, text: str | None = None) -> str:
    """Return a cosignature line as this witness might give it."""
    text = text or note.parse(sent.checkpoint).text
    return cosignature.sign(text, COSIGNER.name, signer, at=int(time.time()) + skew).line()


@contextmanager
def saying(say: Say, *, drip: float = 0, shows: str = "") -> Iterator[dict[str, str]]:
    """Run a witness that answers `say(submission)`, a byte each `drip` seconds; yield its line of the settings."""

    class Door(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            sent = decode(self.rfile.read(int(self.headers["Content-Length"])))
            self._answer(*say(sent))

        def do_GET(self) -> None:
            self._answer(200 if shows else 404, "text/plain", shows)

        def _answer(self, status: int, kind: str, text: str) -> None:
            data = text.encode()
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            try:
                for place in range(len(data)) if drip else ():
                    self.wfile.write(data[place : place + 1])
                    time.sleep(drip)
                if not drip:
                    self.wfile.write(data)
            except OSError:
                return  # the other side had enough of us

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class' name
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Door) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        try:
            yield {
                "name": COSIGNER.name,
                "vkey": COSIGNER.vkey(),
                "url": f"http://127.0.0.1:{server.server_address[1]}",
            }
        finally:
            server.shutdown()
