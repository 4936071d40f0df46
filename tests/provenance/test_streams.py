"""Gate 4 at the socket: a real server, slow readers, and every byte counted.

What arrived is what the reader took plus what waits in its own kernel (FIONREAD): those bytes have left the server.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import socket
import struct
import subprocess
import sys
import termios
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from uuid import UUID

import psycopg
from django.conf import settings

from consent import revocations
from consent.revocations import MARGIN_SECONDS
from provenance.models import Video
from tests.provenance import world as w

ROOT = Path(__file__).resolve().parents[2]
BIG = 24 * 1024 * 1024
FOLDERS = ("LEDGER_KEYS_DIR", "LEDGER_PUBLIC_DIR", "LEDGER_VAULT_DIR", "MEDIA_ROOT", "PROVENANCE_CLAIM_DIR")


@contextmanager
def gunicorn(database: str, application: str = "config.wsgi", *more: str) -> Iterator[int]:
    """Run the web server on a free port; `more` options come last, and so win."""
    with closing(socket.create_server(("127.0.0.1", 0))) as free:
        port = int(free.getsockname()[1])
    environment = os.environ | {"DATABASE_URL": database} | {name: str(getattr(settings, name)) for name in FOLDERS}
    command = [sys.executable, "-m", "gunicorn", application, "--bind", f"127.0.0.1:{port}", "--log-level", "warning"]
    command += ["--worker-class", "config.worker.Worker", "--threads", "16", "--graceful-timeout", "1", *more]
    server = subprocess.Popen(command, cwd=ROOT, env=environment)
    try:
        wait_for(port, server)
        yield port
    finally:
        server.terminate()
        try:
            server.wait(10)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def wait_for(port: int, server: subprocess.Popen[bytes]) -> None:
    """Wait until a worker answers: the port alone is open before there is one."""
    for _ in range(300):
        assert server.poll() is None, "the server did not start"
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1) as probe:
            probe.settimeout(30)
            probe.sendall(b"HEAD / HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n")
            if probe.recv(5) == b"HTTP/":
                return
        time.sleep(0.1)
    raise AssertionError("the server does not answer")


class SlowReader(threading.Thread):
    """A download that takes a few kilobytes at a time, and notes when how many bytes had arrived."""

    def __init__(
        self, port: int, video: UUID, token: str, query: str = "", more: str = "", *, pace: float = 0.03
    ) -> None:
        super().__init__()
        self.peer = socket.socket()
        self.peer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8192)
        self.peer.connect(("127.0.0.1", port))
        request = f"GET /v1/videos/{video}/content{query} HTTP/1.1\r\nHost: 127.0.0.1\r\n{more}"
        self.peer.sendall(f"{request}Authorization: Bearer {token}\r\n\r\n".encode())
        self.pace = pace
        self.head = b""
        self.ended = ""
        self.taken = 0
        self.samples: list[tuple[float, int]] = []
        self.stop_at = time.monotonic() + 20
        self.start()

    def run(self) -> None:
        self.peer.settimeout(0.2)
        while time.monotonic() < self.stop_at and not self.ended:
            self.note()
            try:
                data = self.peer.recv(4096)
                self.head = self.head or data[:12]
                self.taken += len(data)
                if not data:
                    self.ended = "closed"
            except TimeoutError:
                continue
            except OSError as error:
                self.ended = type(error).__name__
            time.sleep(self.pace)
        self.note()
        self.peer.close()

    def note(self) -> None:
        waiting = struct.unpack("i", fcntl.ioctl(self.peer, termios.FIONREAD, b"\0" * 4))[0]
        self.samples.append((time.monotonic(), self.taken + waiting))

    def arrived(self, moment: float) -> int:
        """Return how many bytes had arrived at the last look not after this moment."""
        return max((count for at, count in self.samples if at <= moment), default=0)

    def arrived_after(self, moment: float) -> int:
        return self.samples[-1][1] - self.arrived(moment)


def streaming(readers: list[SlowReader], least: int = 8192) -> None:
    """Wait until every reader has got some bytes."""
    until = time.monotonic() + 10
    while time.monotonic() < until:
        if all(reader.taken > least for reader in readers):
            return
        time.sleep(0.05)
    raise AssertionError([(reader.head, reader.taken, reader.ended) for reader in readers])


def withdraw(world: w.World) -> float:
    """Withdraw and wait for the acknowledgement; return the moment it was given."""
    withdrawal = revocations.withdraw_grant(world.grant, actor=world.ada.party)
    drained = revocations.drain(withdrawal)
    assert drained.effective_at is not None
    return time.monotonic()


def finish(readers: list[SlowReader], seconds: float = 1.5) -> None:
    """Let the readers go on for a while, faster than before, and end."""
    for reader in readers:
        reader.pace = 0
        reader.stop_at = time.monotonic() + seconds
    for reader in readers:
        reader.join(30)


def downloads(port: int, video: Video, world: w.World) -> list[SlowReader]:
    """Start what people do: whole downloads, ranges, holders looking at it, a reader that has all but stopped."""
    ben, ada = world.ben.token, world.ada.token
    return [
        *(SlowReader(port, video.id, ben) for _ in range(4)),
        SlowReader(port, video.id, ben, more="Range: bytes=1000000-20000000\r\n"),
        SlowReader(port, video.id, ben, more="Range: bytes=-9000000\r\n"),
        SlowReader(port, video.id, ada),
        SlowReader(port, video.id, ben, pace=0.25),
    ]


def test_no_byte_leaves_after_an_acknowledged_withdrawal(fresh_database: str) -> None:
    world = w.world()
    video = w.shown(world.ask(), bytes(BIG))
    with gunicorn(fresh_database) as port:
        readers = downloads(port, video, world)
        streaming(readers)
        time.sleep(1.5)  # longer than a lease: what runs now has been renewed
        streams = [reader for reader in readers if not reader.ended]
        assert len(streams) == len(readers), "streams were cut although consent stands"
        acknowledged = withdraw(world)
        finish(readers)
        refused = SlowReader(port, video.id, world.ben.token)
        refused.join(30)
    assert [reader.arrived_after(acknowledged) for reader in readers] == [0] * len(readers)
    assert all(reader.taken < BIG for reader in readers)
    assert refused.head.endswith(b"410")


def test_without_the_watchdog_the_kernel_goes_on_sending(fresh_database: str) -> None:
    """The control: the lease is still checked before every chunk, and bytes leave all the same."""
    world = w.world()
    video = w.shown(world.ask(), bytes(BIG))
    with gunicorn(fresh_database, "tests.provenance.unwatched") as port:
        readers = downloads(port, video, world)
        streaming(readers)
        acknowledged = withdraw(world)
        finish(readers)
    assert sum(reader.arrived_after(acknowledged) for reader in readers) > 0


def test_the_tail_of_a_file_is_watched_until_the_reader_has_it(fresh_database: str) -> None:
    """All of a small file fits into the kernel at once: the response is over for the server, but not for the reader."""
    world = w.world()
    video = w.shown(world.ask(), bytes(60_000))
    with gunicorn(fresh_database) as port:
        readers = [SlowReader(port, video.id, world.ben.token, pace=0.5) for _ in range(3)]
        streaming(readers, 0)
        time.sleep(0.5)  # the server has written everything
        acknowledged = withdraw(world)
        finish(readers)
    assert all(0 < reader.taken < 60_000 for reader in readers)
    assert [reader.arrived_after(acknowledged) for reader in readers] == [0, 0, 0]


def test_a_database_that_does_not_answer_ends_every_stream(fresh_database: str) -> None:
    """A lease that nobody renews ends by itself, however long the server has been waiting for a slow reader."""
    world = w.world()
    video = w.shown(world.ask(), bytes(BIG))
    with gunicorn(fresh_database) as port:
        readers = [SlowReader(port, video.id, world.ben.token, pace=pace) for pace in (0.03, 0.25, 0.5)]
        streaming(readers, 0)
        with psycopg.connect(fresh_database) as session:
            session.execute("LOCK TABLE consent_grant IN ACCESS EXCLUSIVE MODE")
            time.sleep(settings.SERVING_LEASE_SECONDS + MARGIN_SECONDS)  # as long as an acknowledgement waits
            over = time.monotonic()
            finish(readers)
        again = SlowReader(port, video.id, world.ben.token)
        streaming([again])
        finish([again], 0.1)
    assert [reader.arrived_after(over) for reader in readers] == [0, 0, 0]
    assert all(reader.taken < BIG for reader in readers)


def test_a_deleted_video_stops_streaming(fresh_database: str) -> None:
    from provenance import publication

    world = w.world()
    video = w.shown(world.ask(), bytes(BIG))
    with gunicorn(fresh_database) as port:
        reader = SlowReader(port, video.id, world.ben.token)
        streaming([reader])
        publication.delete(video, actor=world.ben.party)
        reader.join(5)
        assert reader.ended
    assert reader.taken < BIG


def test_a_reader_at_full_speed_gets_every_byte_and_may_ask_again_on_the_connection(fresh_database: str) -> None:
    world = w.world()
    data = os.urandom(3_000_000)
    video = w.shown(world.ask(), data)
    with gunicorn(fresh_database) as port, closing(socket.create_connection(("127.0.0.1", port), 10)) as peer:
        for span in ("", "Range: bytes=10-99999\r\n", ""):
            request = f"GET /v1/videos/{video.id}/content HTTP/1.1\r\nHost: 127.0.0.1\r\n{span}"
            peer.sendall(f"{request}Authorization: Bearer {world.ben.token}\r\n\r\n".encode())
            expected = data[10:100_000] if span else data
            head, _, body = read_until(peer, b"\r\n\r\n").partition(b"\r\n\r\n")
            while len(body) < len(expected):
                body += peer.recv(1 << 20)
            assert head.startswith(b"HTTP/1.1 206" if span else b"HTTP/1.1 200")
            assert body == expected


def read_until(peer: socket.socket, mark: bytes) -> bytes:
    data = b""
    while mark not in data:
        data += peer.recv(65536)
    return data
