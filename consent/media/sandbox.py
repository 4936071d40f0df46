"""Run a program of ours over a stranger's bytes in a child process that can do little else.

    answer = sandbox.run("consent.media.clip_child", clip, limits=Limits(cpu_seconds=30), arguments={"fps": 8})

The program is a module on the project's path with one function:

    def main(source: BinaryIO, arguments: dict[str, Any], output: BinaryIO | None) -> dict[str, Any]

`source` is seekable and stands at its start: the bytes in memory, or the parent's file as an inherited descriptor. It
has no usable name: the child may open no file but those of Python and of the program's own package, so read from
`source`, never from `/dev/fd`. `output` is the parent's writable descriptor, or `None`. What `main` returns must be
JSON; a refusal that the program expects belongs in that answer, since an exception means "could not check".

The child has an empty environment, memory, processor and file-size limits, no core dumps, its own session, and a
wall-clock deadline after which the whole group is killed. Where the system allows it, it has also no network, sees no
other files and starts no other program: the answer says under "network", "files" and "calls" what was really cut
("none", "sealed", "filtered") and what was not ("inherited"). The child reports this before it sees the first byte.

Every failure is a `SandboxFailed`, and means that nothing was learnt about the file. It never means "tampered".
"""

from __future__ import annotations

import json
import logging
import os
import selectors
import signal
import struct
import subprocess
import sys
import time
from contextlib import ExitStack, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, BinaryIO, ClassVar

from consent.media import forker, zygote
from ledger.problem import Problem

logger = logging.getLogger(__name__)
ROOT = Path(__file__).resolve().parents[2]
BOOT = "import sys; sys.path.insert(0, sys.argv[1]); from consent.media.child import main; main()"
MEBIBYTE = 1 << 20
CHUNK = 1 << 16
STDERR_KEPT = 4096  # bytes of the child's own words, for our log only: they may quote the file
OUT_OF_MEMORY = 76  # exit status; os.EX_PROTOCOL, which Python itself never uses


@dataclass(frozen=True, slots=True)
class Limits:
    """What one child may use.

    memory:        bytes of address space (RLIMIT_AS)
    cpu_seconds:   processor time (RLIMIT_CPU)
    wall_seconds:  time on the clock, start-up included; then the process group is killed
    output_bytes:  largest file it may write (RLIMIT_FSIZE); 0 without an `output`
    reply_bytes:   largest JSON answer that is read
    files:         open descriptors (RLIMIT_NOFILE)
    threads:       whether it may start threads; other processes never
    alone:         whether no other program is loaded beside it where it is forked: what is loaded counts as memory
    """

    memory: int = 1024 * MEBIBYTE
    cpu_seconds: int = 10
    wall_seconds: float = 20.0
    output_bytes: int = 0
    reply_bytes: int = MEBIBYTE
    files: int = 64
    threads: bool = False
    alone: bool = False


class SandboxFailed(Problem):
    """The file could not be checked. `trace` holds the child's last words for our own log, never for an answer."""

    code: ClassVar[str] = "media-check-failed"
    title: ClassVar[str] = "The file could not be checked"
    trace: str = ""


class SandboxTimedOut(SandboxFailed):
    """The deadline passed; the child was killed."""

    code = "media-check-timed-out"
    status = 503


class SandboxOutOfTime(SandboxFailed):
    """The system killed the child for its use of the processor."""

    code = "media-check-cpu-limit"


class SandboxOutOfMemory(SandboxFailed):
    """The child wanted more memory than it may have."""

    code = "media-check-memory-limit"


class SandboxCrashed(SandboxFailed):
    """The child died of a signal or an exception that its program does not expect."""

    code = "media-check-crashed"


class SandboxGarbled(SandboxFailed):
    """The child's answer is not the JSON that was agreed."""

    code = "media-check-garbled"


class SandboxFlooded(SandboxFailed):
    """The child's answer is longer than may be read."""

    code = "media-check-flooded"


class SandboxUnavailable(SandboxFailed):
    """No child could be started: our fault, not the file's."""

    code = "media-check-unavailable"
    status = 503


RETRY = "Try again later. If it happens again, export the file anew as MP4 (H.264, AAC) and send that."
ANOTHER = "Export the file anew as MP4 (H.264, AAC) with another program and send that."


def run(
    program: str,
    source: bytes | Path | BinaryIO,
    *,
    limits: Limits | None = None,
    arguments: dict[str, Any] | None = None,
    output: BinaryIO | None = None,
) -> dict[str, Any]:
    """Run `program` over `source` and return its answer, with what was cut under "network", "files" and "calls".

    `source`: bytes travel through a pipe and never touch a disk; a path or an open file is handed over as a read-only
    view of the same descriptor (its position moves). `output` needs `limits.output_bytes`, and is emptied. Raises
    `SandboxFailed`.
    """
    limits = limits or Limits()
    with ExitStack() as stack:
        if isinstance(source, Path):
            source = stack.enter_context(source.open("rb"))
        data, source_fd = (source, None) if isinstance(source, bytes) else (b"", source.fileno())
        job = _Job(program, arguments or {}, data, source_fd, output.fileno() if output else None, limits)
        try:
            return _answer(*_once(job))
        except zygote.Lost:  # nothing is known of the file: as likely as not it was another's that broke it
            logger.warning("the process that forks the sandbox was lost; %s is tried again", program)
        try:
            return _answer(*_once(job))
        except zygote.Lost as error:
            raise SandboxUnavailable("No process could be started to check the file.", remedy=RETRY) from error


@dataclass(frozen=True, slots=True)
class _Job:
    program: str
    arguments: dict[str, Any]
    data: bytes
    source: int | None  # a descriptor of ours; None: `data` is the source
    output: int | None
    limits: Limits

    def request(self, source: int | None, output: int | None) -> bytes:
        """Return what the child is told, with its own numbers for the two files."""
        header = {
            "program": self.program,
            "arguments": self.arguments,
            "limits": asdict(self.limits),
            "source": source,
            "output": output,
            "parent": os.getpid(),
        }
        said = json.dumps(header).encode()
        return struct.pack(">I", len(said)) + said + self.data


def _once(job: _Job) -> tuple[int, bytes, bytes]:
    """Let one child do it. Raises `zygote.Lost` if we never hear what became of the child."""
    if job.output is not None:
        os.ftruncate(job.output, 0)
    files = [file for file in (job.source, job.output) if file is not None]
    try:
        if zygote.AVAILABLE:
            first = forker.FIRST_OF_JOB
            source = None if job.source is None else first
            output = None if job.output is None else first + len(files) - 1
            forked = zygote.start(job.program, files, alone=job.limits.alone)
            try:
                return _converse(forked, job.request(source, output), job.limits)
            finally:
                forked.end()
        child = _start(files)
        try:
            return _converse(child, job.request(job.source, job.output), job.limits)
        finally:
            _end(child)
    except OSError as error:
        raise SandboxUnavailable("No process could be started to check the file.", remedy=RETRY) from error


def _start(inherited: list[int]) -> subprocess.Popen[bytes]:
    """Start a child from nothing, where none can be forked."""
    return subprocess.Popen(
        [sys.executable, "-I", "-B", "-c", BOOT, str(ROOT)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        bufsize=0,
        env=zygote.ENVIRONMENT,
        cwd="/",
        close_fds=True,
        pass_fds=inherited,
        start_new_session=True,
        umask=0o077,
    )


def _end(child: subprocess.Popen[bytes]) -> None:
    """Kill whatever is left of the child's group, however we got here. It leads its session: the id is its own."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(child.pid, signal.SIGKILL)
    for pipe in (child.stdin, child.stdout, child.stderr):
        if pipe:
            with suppress(BrokenPipeError):
                pipe.close()
    child.wait()


def _converse(child: subprocess.Popen[bytes] | zygote.Job, request: bytes, limits: Limits) -> tuple[int, bytes, bytes]:
    """Feed the child and hear it out, all at once so that neither side blocks. Returns status, answer, last words."""
    deadline = time.monotonic() + limits.wall_seconds
    heard = {"reply": bytearray(), "trace": bytearray()}
    rest = memoryview(request)
    with selectors.DefaultSelector() as selector:
        for pipe, event, name in (
            (child.stdin, selectors.EVENT_WRITE, "request"),
            (child.stdout, selectors.EVENT_READ, "reply"),
            (child.stderr, selectors.EVENT_READ, "trace"),
        ):
            assert pipe is not None  # noqa: S101 - all three were asked for; tells mypy so
            os.set_blocking(pipe.fileno(), False)
            selector.register(pipe, event, name)
        while selector.get_map():
            left = deadline - time.monotonic()
            for key, _ in selector.select(max(0.0, left)):
                if key.data == "request":
                    rest = _feed(selector, key, rest)
                else:
                    _listen(selector, key, heard[key.data])
            if len(heard["reply"]) > limits.reply_bytes:
                raise SandboxFlooded("Checking the file gave an answer without end.", remedy=ANOTHER)
            del heard["trace"][:-STDERR_KEPT]
            if left <= 0:
                raise _timed_out(limits)
    try:
        status = child.wait(max(0.0, deadline - time.monotonic()))
    except subprocess.TimeoutExpired:
        raise _timed_out(limits) from None
    return status, bytes(heard["reply"]), bytes(heard["trace"])


def _timed_out(limits: Limits) -> SandboxTimedOut:
    return SandboxTimedOut(f"Checking the file took longer than {limits.wall_seconds:g} seconds.", remedy=RETRY)


def _feed(selector: selectors.BaseSelector, key: selectors.SelectorKey, rest: memoryview) -> memoryview:
    """Write what the pipe takes. A child that reads no more (EPIPE) may still have answered."""
    try:
        rest = rest[os.write(key.fd, rest[:CHUNK]) :]
    except BrokenPipeError:
        rest = rest[:0]
    if not rest:
        selector.unregister(key.fileobj)
        with suppress(BrokenPipeError):
            key.fileobj.close()  # type: ignore[union-attr] # a pipe of Popen, never a number
    return rest


def _listen(selector: selectors.BaseSelector, key: selectors.SelectorKey, heard: bytearray) -> None:
    part = os.read(key.fd, CHUNK)
    heard += part
    if not part:
        selector.unregister(key.fileobj)


def _answer(status: int, reply: bytes, trace: bytes) -> dict[str, Any]:
    """Turn what the child said into its answer. Only exit 0 with exactly two JSON objects counts."""
    if status != 0:
        raise _ending(status, trace)
    try:
        lines = [json.loads(line) for line in reply.decode().splitlines()]
        confinement, answer = lines
        if not (isinstance(confinement, dict) and isinstance(answer, dict)):
            raise TypeError("not objects")  # noqa: TRY301 - joins the other ways to be garbled
    except (ValueError, TypeError, RecursionError) as error:
        raise SandboxGarbled("Checking the file gave an answer that makes no sense.", remedy=ANOTHER) from error
    return {**answer, **confinement}


def _ending(status: int, trace: bytes) -> SandboxFailed:
    """Name the way in which the child died."""
    failure: SandboxFailed
    if status == OUT_OF_MEMORY:
        failure = SandboxOutOfMemory("Checking the file took more memory than is allowed.", remedy=ANOTHER)
    elif status in {-signal.SIGXCPU, -signal.SIGKILL}:
        failure = SandboxOutOfTime("Checking the file took more computing than is allowed.", remedy=ANOTHER)
    else:
        failure = SandboxCrashed("The program that checks the file stopped unexpectedly.", remedy=ANOTHER)
    failure.trace = trace.decode(errors="replace")
    return failure
