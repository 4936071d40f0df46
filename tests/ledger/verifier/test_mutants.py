"""Each check of the verifier is held by a test: without it, one fails.

One third of the mutants is run by default, the same each time; MUTANTS=all runs every one (minutes on two cores).
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.ledger.verifier.mutants import FOLDER, RELEVANT


def test_every_module_of_the_verifier_is_mutated() -> None:
    modules = {path.stem for path in FOLDER.glob("*.py")}
    assert modules - {"__init__", "__main__"} == set(RELEVANT)


def test_without_any_one_check_a_test_fails() -> None:
    part = [] if os.environ.get("MUTANTS") == "all" else ["third"]
    command = [sys.executable, "-m", "tests.ledger.verifier.mutants", *part]
    done = subprocess.run(command, cwd=Path(__file__).parents[3], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
