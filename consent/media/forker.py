"""The process that forks the sandbox's children, so that none of them starts Python and its libraries anew.

It holds no secret and meets no stranger: it was executed, not forked, with an empty environment and no descriptor but
its socket, on which `zygote` asks for children. Of each it is told the name of the program, ours, and is handed the
descriptors of that one job; the request itself goes through a pipe that only the child reads. It never reads from one.

    (1) import the program, once; it opens nothing, and starts no thread
    (2) fork; in the child: drop everything that is not this job's, then `child`, which confines itself and reads
    (3) in here: close all of the job but its line, and wait
    (4) the child ends: say its status on the line. The line breaks: nobody waits any more, kill the child

It ends when its parent does (pidfd_open(2)), or when no more is asked of it and no child is left; children die with it.
"""

from __future__ import annotations

import contextlib
import fcntl
import gc
import importlib
import json
import os
import resource
import selectors
import signal
import socket
import struct
import sys
import traceback
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

STATUS = struct.Struct(">i")  # an exit status as subprocess counts: negative for a signal
REQUEST_BYTES = 4096
MOST_DESCRIPTORS = 6  # the line, three pipes, source, output
FIRST_OF_JOB = 3  # the child's number of its first file: the source, or the output where there is no source
ABOVE = 64  # where descriptors are parked while they change places
NO_PARENT, NO_FORK = 71, 72  # statuses of our own; nobody reads them but a person


@dataclass(frozen=True, slots=True)
class Child:
    """A job that runs: its process, and the line on which its end is told."""

    pid: int
    process: int  # a pidfd, readable when the process has ended
    line: socket.socket


def main() -> NoReturn:
    """Serve the socket at descriptor 0 for the parent whose process id is the last argument."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # of a terminal: the parent knows what to do about it
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    parent = _parent(int(sys.argv[-1]))
    with socket.socket(fileno=os.dup(0)) as asked:
        null = os.open("/dev/null", os.O_RDONLY | os.O_CLOEXEC)
        os.dup2(null, 0)
        os.close(null)
        try:
            Forker(asked, parent).serve()
        finally:
            os._exit(0)


def _parent(pid: int) -> int:
    """Return a descriptor that is readable once the parent has died; it may already have."""
    try:
        found = os.pidfd_open(pid)
    except OSError:
        os._exit(NO_PARENT)
    if os.getppid() != pid:
        os._exit(NO_PARENT)
    return found


class Forker:
    """What runs, and what is listened to."""

    def __init__(self, asked: socket.socket, parent: int) -> None:
        self.asked, self.parent = asked, parent
        self.open = True  # whether more may be asked
        self.children: dict[int, Child] = {}  # by the descriptors that tell of them
        self.selector = selectors.DefaultSelector()
        self.selector.register(parent, selectors.EVENT_READ)
        self.selector.register(asked, selectors.EVENT_READ)

    def serve(self) -> None:
        """Fork and reap until the parent has died, or has closed the socket and every child has ended."""
        while self.open or self.children:
            for key, _ in self.selector.select():
                if key.fd == self.parent:
                    return self.kill_all()
                child: Child | None = key.data
                if child is None:
                    self.take()
                elif self.children.get(key.fd) is child:  # else it was reaped in this round
                    self.hear(child, key.fd)
        return None

    def take(self) -> None:
        """Read one request and fork for it. One that is not whole is dropped: its line breaks, and it is asked anew."""
        said, descriptors, *_ = socket.recv_fds(self.asked, REQUEST_BYTES, MOST_DESCRIPTORS)
        if not said:
            self.open = False
            self.selector.unregister(self.asked)
            return
        try:
            request = json.loads(said)
            if len(descriptors) == request["descriptors"]:
                self.fork(request["program"], descriptors)
        finally:
            for descriptor in descriptors:
                os.close(descriptor)

    def fork(self, program: str, descriptors: list[int]) -> None:
        """Start a child for the program. Its own import tells what is wrong with one that cannot be imported."""
        if program not in sys.modules:
            given = dict(os.environ)
            with contextlib.suppress(Exception):
                importlib.import_module(program)
            for added in (
                os.environ.keys() - given.keys()
            ):  # as cv2 adds a search path: a child starts with what we were given
                del os.environ[added]
            gc.collect()
            gc.freeze()  # a collection in the child would copy every page
        if len(list(Path("/proc/self/task").iterdir())) != 1:
            os._exit(NO_FORK)  # a thread's locks would be held for ever in the child
        line, *rest = descriptors
        me = os.getpid()
        pid = os.fork()
        if pid == 0:
            _be_the_child(rest, me)
        child = Child(pid, os.pidfd_open(pid), socket.socket(fileno=os.dup(line)))
        child.line.settimeout(0)
        self.selector.register(child.process, selectors.EVENT_READ, child)
        self.selector.register(child.line, selectors.EVENT_READ, child)
        self.children |= {child.process: child, child.line.fileno(): child}

    def hear(self, child: Child, told: int) -> None:
        """Reap a child that has ended; kill one whose line broke, since nothing is ever said on it from there."""
        if told == child.process:
            self.reap(child)
        else:
            _kill(child)
            self.selector.unregister(child.line)

    def reap(self, child: Child) -> None:
        """Take the status of a child that has ended and tell it, if anybody still listens."""
        _, status = os.waitpid(child.pid, 0)
        for told in (child.process, child.line.fileno()):
            with contextlib.suppress(KeyError):  # the line of a child that was killed
                self.selector.unregister(told)
            del self.children[told]
        with contextlib.suppress(OSError):
            child.line.send(STATUS.pack(os.waitstatus_to_exitcode(status)))
        child.line.close()
        os.close(child.process)

    def kill_all(self) -> None:
        """Let no child outlive us; the kernel would see to it as well."""
        for child in self.children.values():
            _kill(child)


def _kill(child: Child) -> None:
    """Kill it and whatever is in its session. It was not reaped yet, so the number is still its own."""
    for kill in (os.killpg, os.kill):  # it may not have made its session yet
        with contextlib.suppress(ProcessLookupError, PermissionError):
            kill(child.pid, signal.SIGKILL)


def _be_the_child(descriptors: list[int], parent: int) -> NoReturn:
    """Keep nothing open but this job's, and never come back."""
    try:
        os.setsid()
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        parked = [fcntl.fcntl(descriptor, fcntl.F_DUPFD, ABOVE) for descriptor in descriptors]
        for number, descriptor in enumerate(parked):  # the pipes become 0, 1 and 2, the files FIRST_OF_JOB and on
            os.dup2(descriptor, number)
        os.closerange(len(parked), _most())
        from consent.media import child

        child.main(parent)
    except SystemExit as ending:
        print(ending, file=sys.stderr)  # noqa: T201 - the child's last words
    except BaseException:  # noqa: BLE001 - whatever it is, it must not run the loop above a second time
        traceback.print_exc()
    finally:
        os._exit(1)


def _most() -> int:
    """Return the number that no descriptor reaches."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    return 1 << 20 if resource.RLIM_INFINITY in (soft, hard) else hard
