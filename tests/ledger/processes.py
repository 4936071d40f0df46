"""The programs of the log as real processes, ended whatever happens."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def running(command: str, environment: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """Run a loop; end it whatever happens."""
    program = [sys.executable, "-m", "django", command]
    with subprocess.Popen(program, env=environment, stderr=subprocess.PIPE) as process:
        try:
            yield process
        finally:
            process.kill()


def wait_until(holds: Callable[[], bool], process: subprocess.Popen[bytes]) -> None:
    """Wait for what the process is about to do; fail with what it said if it ends before."""
    end = time.monotonic() + 60
    while not holds():
        assert process.poll() is None, process.communicate()[1].decode()
        assert time.monotonic() < end, "it did not come"
        time.sleep(0.02)
