"""The bytes of one response, handed out chunk by chunk for as long as a lease holds."""

from __future__ import annotations

import contextlib
import errno
import socket
import time
from collections.abc import Generator, Iterator
from pathlib import Path

from provenance import leases
from provenance.leases import ConsentWithdrawn, Lease
from provenance.watchdog import WATCHDOG, Stream

CHUNK = 64 * 1024  # bytes
SETTLE = 0.02  # seconds between two looks at what the reader has not taken yet


class LeaseLost(ConnectionResetError):  # noqa: N818 - named for what happened, like its base
    """Consent ended, or could not be confirmed, while bytes were leaving: the connection breaks off.

    A connection error, because that is how a server takes it: it stops, closes, and never completes the response.
    """

    def __init__(self) -> None:
        super().__init__(errno.ECONNRESET, "the serving lease was lost")


class Body:
    """An iterator over a span of a file. `peer` is the client's socket, or `None` where the server does not give it."""

    def __init__(self, path: Path, span: range, lease: Lease, peer: socket.socket | None) -> None:
        self._path = path
        self._span = span
        self._lease = lease
        self._stream = Stream(lease, peer) if peer is not None else None
        self._chunks = self._asking_each_time() if self._stream is None else self._under_watch(self._stream)

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        return next(self._chunks)

    def close(self) -> None:
        """Forget the file and the stream; called by the server when the response is over, however it ended."""
        self._chunks.close()
        if self._stream is not None:
            WATCHDOG.dismiss(self._stream)

    def _under_watch(self, stream: Stream) -> Generator[bytes]:
        """Yield while the watchdog keeps the lease; then wait until the reader has taken the last byte.

        Without that wait the tail of the file would sit in the kernel with nobody watching it.
        """
        stream.narrow()
        WATCHDOG.admit(stream)
        with contextlib.closing(self._read()) as chunks:
            for chunk in chunks:
                if not stream.holds():
                    stream.abort()
                    raise LeaseLost
                yield chunk
        while stream.unsent():
            if not stream.holds():
                stream.abort()
                raise LeaseLost
            time.sleep(SETTLE)

    def _asking_each_time(self) -> Generator[bytes]:
        """Yield under a lease that is renewed here, in the thread of the request, at half its life."""
        with contextlib.closing(self._read()) as chunks:
            for chunk in chunks:
                if self._lease.until - time.monotonic() < leases.length() / 2:
                    self._renew()
                yield chunk

    def _renew(self) -> None:
        try:
            self._lease = leases.take(self._lease.video)
        except ConsentWithdrawn as refusal:
            raise LeaseLost from refusal

    def _read(self) -> Generator[bytes]:
        """Read the span. A file that is gone or shrank breaks off, rather than send less than was announced."""
        left = len(self._span)
        try:
            with self._path.open("rb") as source:
                source.seek(self._span.start)
                while left:
                    data = source.read(min(CHUNK, left))
                    if not data:
                        raise LeaseLost
                    left -= len(data)
                    yield data
        except FileNotFoundError as gone:
            raise LeaseLost from gone
