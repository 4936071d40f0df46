"""Child processes that end with us: each has a log file, is stopped in reverse order, and dies if we are killed."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from config.embedded import stop

PR_SET_PDEATHSIG = 1  # linux/prctl.h
_libc = ctypes.CDLL(None) if sys.platform == "linux" else None


class ProcessEnded(RuntimeError):  # noqa: N818 - what happened
    """A process that should run has ended; the message carries the end of its log."""


def die_with_parent() -> None:
    """Ask Linux to end this child when its parent dies, even by SIGKILL. Elsewhere only an orderly stop ends it.

    Runs in the child between fork and exec, after the change of user (which would clear the request).
    """
    if _libc is not None:
        _libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def end_group(leader: int) -> None:
    """End what a child of ours forked and left behind: it leads a session of its own, so the group is all of it.

    Celery's beat outlives a worker that is told to end while it starts.
    """
    with contextlib.suppress(ProcessLookupError):
        os.killpg(leader, signal.SIGKILL)


@dataclass(slots=True)
class Processes:
    """The running children, in the order of their start."""

    logs: Path
    running: list[tuple[str, subprocess.Popen[bytes]]] = field(default_factory=list)

    def spawn(
        self,
        name: str,
        command: list[str],
        environment: dict[str, str],
        *,
        cwd: Path,
        **who: Any,  # noqa: ANN401 - subprocess' own
    ) -> subprocess.Popen[bytes]:
        """Start `command` with exactly this environment; its output goes to `<logs>/<name>.log`."""
        self.logs.mkdir(parents=True, exist_ok=True)
        with (self.logs / f"{name}.log").open("ab") as log:
            process = subprocess.Popen(
                command, env=environment, cwd=cwd, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                start_new_session=True, preexec_fn=die_with_parent, **who,  # noqa: PLW1509 - no thread is running yet
            )  # fmt: skip
        self.running.append((name, process))
        return process

    def wait_for(self, name: str, answers: Callable[[], bool], seconds: float = 60) -> None:
        """Wait until `answers()`; raise `ProcessEnded` if any child ends before, or after `seconds`."""
        deadline = time.monotonic() + seconds
        while not answers():
            self.check()
            if time.monotonic() > deadline:
                raise ProcessEnded(f"{name} did not answer within {seconds:.0f} s.\n{self._tail(name)}")
            time.sleep(0.05)

    def check(self) -> None:
        """Raise `ProcessEnded` if a child has ended that nobody stopped."""
        for name, process in self.running:
            if process.poll() is not None:
                raise ProcessEnded(f"{name} ended with status {process.returncode}.\n{self._tail(name)}")

    def stop(self) -> None:
        """End every child, the last started first."""
        while self.running:
            _name, process = self.running.pop()
            stop(process, signal.SIGTERM)
            end_group(process.pid)

    def _tail(self, name: str) -> str:
        log = self.logs / f"{name}.log"
        return log.read_text(errors="replace")[-3000:] if log.exists() else "(it wrote no log)"
