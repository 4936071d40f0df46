"""An ear on 127.0.0.1: what connects to it, wherever from, is heard."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from tests.provenance.workshop import box

XMP_BOX = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")  # ISO 16684-1, XMP in MP4


@dataclass
class Listener:
    """A listening socket; `heard` holds one item for each connection."""

    socket: socket.socket
    heard: list[bytes] = field(default_factory=list)

    @property
    def port(self) -> int:
        return int(self.socket.getsockname()[1])

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/manifest.c2pa"

    def listen(self) -> None:
        with suppress(OSError):  # closed: the test is over
            while True:
                connection, _ = self.socket.accept()
                with connection:
                    connection.settimeout(1)
                    self.heard.append(connection.recv(100))
                    connection.sendall(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")


@contextmanager
def listening() -> Iterator[Listener]:
    """Listen until the block ends."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        listener = Listener(server)
        thread = threading.Thread(target=listener.listen, daemon=True)
        thread.start()
        yield listener
        server.shutdown(socket.SHUT_RDWR)
        thread.join(5)


def pointing_at(url: str, data: bytes) -> bytes:
    """Return the mp4 with an XMP box that says its manifest is at `url`."""
    xmp = (
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        '<rdf:Description rdf:about="" xmlns:dcterms="http://purl.org/dc/terms/" '
        'xmlns:xmpMM="http://ns.adobe.com/xap/1.0/mm/" xmpMM:InstanceID="xmp.iid:of-somebody" '
        f'dcterms:provenance="{url}"/></rdf:RDF></x:xmpmeta>'
    )
    return data + box(b"uuid", XMP_BOX + xmp.encode())
