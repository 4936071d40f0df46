"""A throw-away token of SoftHSM2, in a folder of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

MODULES = ("/usr/lib/softhsm/libsofthsm2.so", "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so")
PIN = "271828"


@dataclass(frozen=True)
class Token:
    """Where it is, and the options of a key in it."""

    folder: Path
    module: str
    label: str

    def options(self, label: str, **pin: str) -> dict[str, str]:
        return {"module": self.module, "token": self.label, "label": label} | (pin or {"pin_env": "LEDGER_TEST_PIN"})


def module() -> str:
    """Return SoftHSM2's module; without it these tests are skipped, but never in CI."""
    found = [path for path in MODULES if Path(path).exists()]
    if not found or shutil.which("softhsm2-util") is None:
        missing = "SoftHSM2 is missing: apt-get install softhsm2"
        if os.environ.get("CI") == "true":
            pytest.fail(missing)
        pytest.skip(missing)
    return found[0]


def made(folder: Path, monkeypatch: pytest.MonkeyPatch, label: str) -> Iterator[Token]:
    """Make a token and point SoftHSM2 at it; the module is let go of before and after, since it reads that once."""
    where = module()
    (folder / "tokens").mkdir(parents=True)
    config = folder / "softhsm2.conf"
    config.write_text(f"directories.tokendir = {folder}/tokens\nobjectstore.backend = file\nlog.level = ERROR\n")
    monkeypatch.setenv("SOFTHSM2_CONF", str(config))
    monkeypatch.setenv("LEDGER_TEST_PIN", PIN)
    command = ["softhsm2-util", "--init-token", "--free", "--label", label, "--pin", PIN, "--so-pin", "31415926"]
    subprocess.run(command, check=True, capture_output=True)
    yield Token(folder, where, label)
