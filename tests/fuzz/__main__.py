"""`python -m tests.fuzz [NAME ...] --seconds N`: fuzz each target in a process of its own for so long.

The exit code is 1 if a target found something; the input that shows it is saved, and its path printed. Inputs that
reached new code are kept beside it, and the next run on this machine begins with them: short runs add up.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.fuzz import NAMES

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 60  # beyond the fuzzing itself, before a child counts as hung
UNIT_SECONDS = 5  # one input that takes longer is a finding
MEMORY_MB = 2048


def fuzz(name: str, *, out: Path, seconds: int, runs: int = -1) -> subprocess.CompletedProcess[str]:
    """Fuzz one target for `seconds`, or for so many runs if that is less (-1: as many as there is time for)."""
    corpus = out / "corpus" / name
    corpus.mkdir(parents=True, exist_ok=True)
    options = [
        f"-max_total_time={seconds}",
        f"-runs={runs}",
        f"-timeout={UNIT_SECONDS}",
        f"-rss_limit_mb={MEMORY_MB}",
        f"-artifact_prefix={out}/{name}-",
    ]
    command = [sys.executable, "-m", "tests.fuzz.child", name, str(corpus), *options]
    limit = seconds + UNIT_SECONDS + START_SECONDS
    return subprocess.run(command, check=False, capture_output=True, text=True, timeout=limit, cwd=ROOT)


def main(arguments: list[str] | None = None) -> int:
    """Return 1 if any target found something, 0 otherwise."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(NAMES)}; all of them if none is given")
    parser.add_argument("--seconds", type=int, default=60, help="for each target")
    parser.add_argument(
        "--out", type=Path, default=ROOT / "var/fuzz", help="where an input that shows a fault is saved"
    )
    chosen = parser.parse_args(arguments)
    if unknown := set(chosen.names) - set(NAMES):
        parser.error(f"no target {', '.join(sorted(unknown))}")
    with ThreadPoolExecutor(os.cpu_count()) as pool:  # a target is a process of its own and keeps one core busy
        held = list(pool.map(lambda name: _holds(name, chosen.out, chosen.seconds), chosen.names or NAMES))
    return 0 if all(held) else 1


def _holds(name: str, out: Path, seconds: int) -> bool:
    done = fuzz(name, out=out.resolve(), seconds=seconds)
    lines = done.stderr.splitlines()
    if done.returncode == 0:
        sys.stdout.write(f"{name}: {next(line for line in reversed(lines) if line.startswith('Done'))}\n")
        return True
    sys.stdout.write(f"{name}: FAILED, exit code {done.returncode}; see {out.resolve()}/{name}-*\n")
    sys.stdout.write(done.stdout + "\n".join(lines[-20:]) + "\n")  # the exception itself is on the child's stdout
    return False


if __name__ == "__main__":
    sys.exit(main())
