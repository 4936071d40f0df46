"""No request arrives for ever: a client that announces bytes and does not send them lets go of its thread.

Some forty such clients would otherwise hold every thread of the web server, and nobody could withdraw meanwhile.
At the deadline the reading half of the connection is shut: the thread that waits reads an end, refuses what is
incomplete, and is free. What is being sent, a long download for instance, goes on; only the connection is not used
again afterwards.
"""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Iterator

SECONDS = 60.0  # for a whole request, head and body: 64 MiB at 9 Mbit/s
LOOK_EVERY = 0.25  # share of the deadline between two looks


class Arrivals:
    """The connections of one process on which a request is being handled. Threads share it; a fork makes its own."""

    def __init__(self, seconds: float = SECONDS) -> None:
        self.seconds = seconds
        self._due: dict[socket.socket, float] = {}
        self._changed = threading.Condition()
        threading.Thread(target=self._watch, name="arrivals", daemon=True).start()

    @contextlib.contextmanager
    def expected(self, connection: socket.socket) -> Iterator[None]:
        """Give the request on this connection its time."""
        with self._changed:
            self._due[connection] = time.monotonic() + self.seconds
            self._changed.notify()
        try:
            yield
        finally:
            with self._changed:
                self._due.pop(connection, None)

    def _watch(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._due)
                now = time.monotonic()
                late = [connection for connection, due in self._due.items() if due <= now]
                for connection in late:
                    del self._due[connection]
            for connection in late:
                with contextlib.suppress(OSError):  # it is gone already
                    connection.shutdown(socket.SHUT_RD)
            time.sleep(self.seconds * LOOK_EVERY)
