"""Somebody who plays a video slowly while consent for it is taken back."""

from __future__ import annotations

import socket
import threading
import time
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from config.demo.person import Person


class SlowReader(threading.Thread):
    """Plays a video slowly over a connection of its own, with little room to receive, until it is cut off."""

    ROOM = 4096  # bytes that may wait on our side of the connection, about

    def __init__(self, person: Person, video: str) -> None:
        super().__init__(daemon=True)
        self.request = (
            f"GET /v1/videos/{video}/content HTTP/1.1\r\nHost: 127.0.0.1\r\n"
            f"Authorization: Bearer {person.token}\r\nConnection: close\r\n\r\n"
        )
        self.port = urlsplit(person.url).port
        self.received = 0
        self.playing = threading.Event()
        self.cut = False

    def run(self) -> None:
        """Read a kilobyte every 20 ms; note whether the server ended it in the middle."""
        with socket.socket() as connection:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, self.ROOM)
            connection.settimeout(10)
            connection.connect(("127.0.0.1", self.port))
            connection.sendall(self.request.encode())
            try:
                while part := connection.recv(1024):
                    self.received += len(part)
                    if self.received > self.ROOM:  # more than any problem document: this is the video
                        self.playing.set()
                    time.sleep(0.02)
            except ConnectionResetError:
                self.cut = True
