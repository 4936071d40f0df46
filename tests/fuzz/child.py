"""Fuzz one target in this process: `python -m tests.fuzz.child NAME CORPUS [libFuzzer options]`."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import atheris


def main() -> None:
    """Write the seeds into the corpus folder and fuzz until libFuzzer ends the process."""
    _, name, corpus, *options = sys.argv
    with atheris.instrument_imports(include=["ledger", "consent.folding", "consent.names", "tests.fuzz"]):
        target = importlib.import_module(f"tests.fuzz.{name}")

    def one_input(data: bytes) -> None:
        try:
            target.check(data)
        except target.REFUSALS:
            return

    for number, seed in enumerate(target.SEEDS):
        one_input(seed)
        (Path(corpus) / f"seed-{number}").write_bytes(seed)
    atheris.Setup([sys.argv[0], corpus, *options], one_input)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
