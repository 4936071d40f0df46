"""The parent's side of a warm sandbox: a process of its own that forks a fresh child for each file (`forker`).

Each process of ours has its own zygotes, made on first use and after whatever fork made that process: a child that was
forked from us forgets them. There is one for all programs, and one more for each program that runs alone. Many threads
may ask at once: a request is one message. What is lost (a zygote that died, or hangs) is replaced by the next request.

A zygote is given up after so many jobs, and after any job that died of a signal: whoever may try again and again
against the same layout of memory needs no luck.
"""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from dataclasses import dataclass, field
from io import FileIO
from pathlib import Path

from consent.media.forker import STATUS

ROOT = Path(__file__).resolve().parents[2]
BOOT = "import sys; sys.path.insert(0, sys.argv[1]); from consent.media.forker import main; main()"
ENVIRONMENT = {"LANG": "C.UTF-8", "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
MOST_JOBS = 1000  # of one zygote
PATIENCE_SECONDS = 5.0  # to take a request or to end a child: a zygote that does neither hangs
CRASHES = frozenset({-signal.SIGSEGV, -signal.SIGBUS, -signal.SIGABRT, -signal.SIGILL, -signal.SIGFPE, -signal.SIGSYS})
AVAILABLE = sys.platform == "linux" and hasattr(os, "pidfd_open")  # elsewhere each child is a new process


class Lost(Exception):  # noqa: N818 - what happened to the zygote
    """The zygote died or hangs: nothing is known of the job, which may be asked for again."""


@dataclass(eq=False, slots=True)
class Zygote:
    """A process that forks. `jobs`: how many it was asked for.

    Its socket is used and closed under the lock only: otherwise files could be sent to whatever has its number next.
    """

    process: subprocess.Popen[bytes]
    asking: socket.socket
    jobs: int = 0


@dataclass(slots=True)
class Held:
    """The zygotes of this process, by what they are for; and those that end."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    current: dict[str, Zygote] = field(default_factory=dict)
    ending: list[Zygote] = field(default_factory=list)


_held = Held()


@dataclass(slots=True)
class Job:
    """A child that somebody else forked for us; it is spoken to as if it were a `subprocess.Popen`."""

    zygote: Zygote
    kept: str
    line: socket.socket
    stdin: FileIO
    stdout: FileIO
    stderr: FileIO
    status: int | None = None

    def wait(self, timeout: float) -> int:
        """Return the exit status; raise `subprocess.TimeoutExpired`, or `Lost`."""
        if self.status is None:
            self.line.settimeout(max(timeout, 0.001))
            try:
                said = self.line.recv(STATUS.size)
            except TimeoutError:
                raise subprocess.TimeoutExpired("sandbox", timeout) from None
            except OSError:
                said = b""
            if len(said) != STATUS.size:
                give_up(self.kept, self.zygote)
                raise Lost
            (self.status,) = STATUS.unpack(said)
            if self.status in CRASHES:
                give_up(self.kept, self.zygote)
        return self.status

    def end(self) -> None:
        """Have the child killed, if it is still there, and return when it is gone."""
        for pipe in (self.stdin, self.stdout, self.stderr):
            with contextlib.suppress(BrokenPipeError):
                pipe.close()
        try:
            self.line.shutdown(socket.SHUT_WR)
            self.wait(PATIENCE_SECONDS)
        except (OSError, Lost):
            pass  # it is gone, or was never there
        except subprocess.TimeoutExpired:
            give_up(self.kept, self.zygote)
            self.zygote.process.kill()
        finally:
            self.line.close()


def start(program: str, files: list[int], *, alone: bool) -> Job:
    """Have a child forked for `program`, with the descriptors `files` in this order from `forker.FIRST_OF_JOB` on.

    Raises `Lost` (the next call starts another zygote), `OSError` where none can be started.
    """
    kept = program if alone else ""
    mine, theirs = socket.socketpair()
    pipes = [*os.pipe(), *os.pipe(), *os.pipe()]
    request_out, request_in, reply_out, reply_in, trace_out, trace_in = pipes
    handed = [theirs.fileno(), request_out, reply_in, trace_in, *files]
    try:
        zygote = _ask(kept, {"program": program, "descriptors": len(handed)}, handed)
        return Job(zygote, kept, mine, FileIO(request_in, "w"), FileIO(reply_out, "r"), FileIO(trace_out, "r"))
    except BaseException:
        for end in (request_in, reply_out, trace_out):
            os.close(end)
        mine.close()
        raise
    finally:
        for end in (request_out, reply_in, trace_in):
            os.close(end)
        theirs.close()


def give_up(kept: str, zygote: Zygote) -> None:
    """Ask it for no more, and let the next request start another. Its other children may end what they do."""
    with _held.lock:
        _retire(kept, zygote)


def close() -> None:
    """End every zygote of this process and its children, and leave no zombie; the next request starts another."""
    with _held.lock:
        for zygote in (*_held.current.values(), *_held.ending):
            zygote.process.kill()
            zygote.asking.close()
            zygote.process.wait()
        _held.current.clear()
        _held.ending.clear()


def _ask(kept: str, request: dict[str, object], handed: list[int]) -> Zygote:
    """Send one request to the zygote that is held, or to a new one. Raises `Lost`, `OSError` if none can be started."""
    with _held.lock:
        _held.ending[:] = [zygote for zygote in _held.ending if zygote.process.poll() is None]
        zygote = _held.current.get(kept)
        if zygote is not None and (zygote.jobs >= MOST_JOBS or zygote.process.poll() is not None):
            _retire(kept, zygote)
            zygote = None
        if zygote is None:
            zygote = _held.current[kept] = _started()
        zygote.jobs += 1
        try:
            socket.send_fds(zygote.asking, [json.dumps(request).encode()], handed)
        except OSError as error:  # it died a moment ago, or takes nothing any more
            zygote.process.kill()
            _retire(kept, zygote)
            raise Lost from error
        return zygote


def _retire(kept: str, zygote: Zygote) -> None:
    """Under the lock."""
    if _held.current.get(kept) is zygote:
        del _held.current[kept]
        _held.ending.append(zygote)
        zygote.asking.close()


def _started() -> Zygote:
    """Execute a new interpreter that inherits nothing of us but one end of a socket. Raises `OSError`."""
    mine, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)  # a request arrives whole, or not at all
    try:
        mine.settimeout(PATIENCE_SECONDS)
        process = subprocess.Popen(
            [sys.executable, "-I", "-B", "-c", BOOT, str(ROOT), str(os.getpid())],
            stdin=theirs.fileno(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=ENVIRONMENT,
            cwd="/",
            close_fds=True,
            start_new_session=True,
            umask=0o077,
        )
    except OSError:
        mine.close()
        raise
    finally:
        theirs.close()
    return Zygote(process, mine)


def _forget() -> None:
    """In a child that was forked from us: the zygotes are our parent's, and so is the lock."""
    global _held
    inherited, _held = _held, Held()
    for zygote in (*inherited.current.values(), *inherited.ending):
        zygote.asking.close()
        zygote.process.returncode = 0  # not ours to wait for


os.register_at_fork(after_in_child=_forget)
atexit.register(close)
