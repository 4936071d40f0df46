"""Memory of one round of sequencer and publisher, and the publisher's start, on logs of growing size."""

from __future__ import annotations

import os
import sys
import time

from benchmarks import filling
from benchmarks.pairing import Figure
from ledger import publisher

SIZES, SIZES_FULL = (10**4, 10**5), (10**4, 10**5, 10**6)
ROUND = 4096
GROWTH = 1.1  # of a log ten times as large


def figures(*, full: bool) -> list[Figure]:
    """Grow one log in the database through the sizes; at each, run both commands once for a batch more."""
    found: list[Figure] = []
    size, last = 0, {}
    for wanted in SIZES_FULL if full else SIZES:
        filling.fill(wanted - size)
        run("sequencer")
        run("publisher")
        filling.fill(ROUND)
        size = wanted + ROUND
        name = f"log of 10^{len(str(wanted)) - 1}"
        for command in ("sequencer", "publisher"):
            peak = run(command)
            before = last.get(command)
            ratio = None if before is None else peak / before
            found.append(Figure(f"{command}, {name}, peak", peak, "MB", before, ratio, ratio and GROWTH))
            last[command] = peak
        found.append(start(name, size))
    return found


def start(name: str, size: int) -> Figure:
    """Recompute the whole log, as each start of a publisher does."""
    with publisher.alone():
        begun = time.perf_counter()
        publisher.start()
        spent = time.perf_counter() - begun
    whole = 10**7 / size * spent
    return Figure(f"publisher's start, {name}", size / spent, "/s", None, None, None, f"10^7 in {whole:.0f} s if so on")


def run(command: str) -> float:
    """Run one of the log's commands once, as a process; return its peak resident memory in MB."""
    arguments = [sys.executable, "-m", "django", f"ledger_{command}", "--once"]
    child = os.posix_spawn(sys.executable, arguments, os.environ)
    _, status, used = os.wait4(child, 0)
    if status:
        raise ChildProcessError(f"{command} ended with {os.waitstatus_to_exitcode(status)}")
    return used.ru_maxrss / 1024
