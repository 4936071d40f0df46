"""Clients that announce a body and send none do not keep the others waiting for ever."""

from __future__ import annotations

import http.client
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from config.arrivals import Arrivals
from config.house import answers, free_port

ROOT = Path(__file__).resolve().parents[2]
STALLED = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\nx"


@contextmanager
def server(worker: str) -> Iterator[int]:
    """Run a real gunicorn with four threads; yield its port."""
    port = free_port()
    command = [sys.executable, "-m", "gunicorn", "tests.config.impatient:application", "--bind", f"127.0.0.1:{port}"]
    command += ["--worker-class", f"tests.config.impatient.{worker}", "--threads", "4", "--graceful-timeout", "1"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            until = time.monotonic() + 30
            while not answers(port, "/"):
                assert time.monotonic() < until
                time.sleep(0.05)
            yield port
        finally:
            process.terminate()


def stall(port: int, many: int, until: ExitStack) -> None:
    for _ in range(many):
        until.enter_context(socket.create_connection(("127.0.0.1", port))).sendall(STALLED)
    time.sleep(0.5)  # every thread has one now


def served(port: int, seconds: float) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=seconds)
    try:
        connection.request("GET", "/")
        return connection.getresponse().status == 200
    except TimeoutError:
        return False
    finally:
        connection.close()


def test_stalled_clients_let_go_of_their_threads() -> None:
    with server("Worker") as port, ExitStack() as stack:
        stall(port, 8, stack)
        assert served(port, 15)


def test_without_a_deadline_they_hold_all_of_them() -> None:
    with server("Patient") as port, ExitStack() as stack:
        stall(port, 8, stack)
        assert not served(port, 3)


def test_what_arrives_in_time_is_left_alone() -> None:
    arrivals = Arrivals(0.4)
    ours, theirs = socket.socketpair()
    with ours, theirs:
        with arrivals.expected(ours):
            pass
        time.sleep(0.8)
        theirs.sendall(b"still open")
        assert ours.recv(100) == b"still open"
