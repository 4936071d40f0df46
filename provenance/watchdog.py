"""Keep every live stream of this process under a lease, and cut those that have none.

A reader may be as slow as it likes: what was handed to the kernel goes on leaving the machine while the process waits
for room to write more. So two threads watch. The *renewer* asks consent about all live streams together, well before
their leases end. The *reaper* never touches the database: at the end of a lease that was not renewed, be it that
consent ended or that the database does not answer, it resets the connection, and the kernel drops what is unsent.
"""

from __future__ import annotations

import contextlib
import fcntl
import logging
import os
import socket
import struct
import termios
import threading
import time
from uuid import UUID

from django.db import connection

from provenance import leases
from provenance.leases import Lease

SEND_BUFFER = 64 * 1024  # bytes that may wait in the kernel (Linux reserves double for its own book-keeping)
STALLED_AFTER = 30_000  # milliseconds after which a reader that takes nothing is disconnected (TCP_USER_TIMEOUT)
RESET = struct.pack("ii", 1, 0)  # SO_LINGER on, zero seconds: closing discards unsent bytes and sends RST
log = logging.getLogger(__name__)


class Stream:
    """One response under way on one connection."""

    def __init__(self, lease: Lease, peer: socket.socket) -> None:
        self.video: UUID = lease.video
        self.until = lease.until  # written by the renewer, read by the others; one float, so always whole
        self.cut = False
        self._peer = peer

    def holds(self) -> bool:
        """Say whether bytes may leave now."""
        return not self.cut and time.monotonic() < self.until

    def narrow(self) -> None:
        """Bound what the kernel may hold for a slow reader."""
        self._peer.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)
        if self._peer.family in (socket.AF_INET, socket.AF_INET6) and hasattr(socket, "TCP_USER_TIMEOUT"):
            self._peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, STALLED_AFTER)

    def unsent(self) -> int:
        """Return how many bytes the other side has not confirmed (SIOCOUTQ); 0 once the connection is gone."""
        try:
            return int(struct.unpack("i", fcntl.ioctl(self._peer, termios.TIOCOUTQ, b"\0" * 4))[0])
        except (OSError, ValueError):
            return 0

    def abort(self) -> None:
        """Reset the connection. The server's thread, waking from its blocked write, closes it without lingering."""
        self.cut = True
        with contextlib.suppress(OSError, ValueError):
            self._peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        with contextlib.suppress(OSError, ValueError):
            socket.socket.shutdown(
                self._peer, socket.SHUT_RDWR
            )  # not TLS's own, which would let a writer go on in the clear


class Watchdog:
    """The live streams of one process, and the two threads that watch them (started with the first stream)."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._streams: set[Stream] = set()
        self._process = 0  # whose threads are running; a forked child starts its own

    def admit(self, stream: Stream) -> None:
        """Watch a stream from now on."""
        with self._changed:
            if self._process != os.getpid():
                self._process = os.getpid()
                self._streams = set()
                for watch in (self._renew, self._reap):
                    threading.Thread(target=watch, name=f"lease-{watch.__name__}", daemon=True).start()
            self._streams.add(stream)
            self._changed.notify_all()

    def dismiss(self, stream: Stream) -> None:
        """Stop watching: the last byte has arrived, or the connection is gone."""
        with self._changed:
            self._streams.discard(stream)

    def live(self) -> list[Stream]:
        """Wait until there is a stream to watch, and return all of them."""
        with self._changed:
            self._changed.wait_for(lambda: self._streams)
            return list(self._streams)

    def _renew(self) -> None:
        """Renew all leases together, four times in the life of one; a failure renews nothing."""
        while True:
            streams = self.live()
            started = time.monotonic()
            try:
                renew(streams, started)
            except Exception:
                log.exception("no lease was renewed; streams end with the ones they hold")
                _forget_connection()
            if not self._streams:
                _forget_connection()  # no session is held open while nobody watches a video
            time.sleep(leases.length() / 4)

    def _reap(self) -> None:
        """Cut every stream whose lease has ended; looks at the clock alone."""
        while True:
            for stream in self.live():
                if not stream.cut and not stream.holds():
                    stream.abort()
            time.sleep(leases.length() / 40)


def renew(streams: list[Stream], started: float) -> None:
    """Ask consent about these streams in one question; cut at once those that it no longer covers.

    `started` is the monotonic moment before the question: the new lease counts from there.
    """
    allowed = leases.standing_now({stream.video for stream in streams})
    for stream in streams:
        if stream.video in allowed:
            stream.until = max(stream.until, started + leases.length())
        else:
            stream.abort()


def _forget_connection() -> None:
    """Close this thread's database session, so that the next question opens a sound one."""
    with contextlib.suppress(Exception):
        connection.close()


WATCHDOG = Watchdog()
