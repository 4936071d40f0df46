"""The one law of imports holds, and the tool that holds it can fail."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LINTER = Path(sys.executable).with_name("lint-imports")


def test_imports_go_right_to_left_and_pure_modules_never_reach_django() -> None:
    done = subprocess.run([LINTER, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_the_linter_sees_an_import_against_the_law(tmp_path: Path) -> None:
    for package, text in {"ledger": "import consent\n", "consent": ""}.items():
        (tmp_path / package).mkdir()
        (tmp_path / package / "__init__.py").write_text(text)
    (tmp_path / ".importlinter").write_text(
        "[importlinter]\nroot_packages =\n    ledger\n    consent\n\n"
        "[importlinter:contract:law]\nname = law\ntype = layers\nlayers =\n    consent\n    ledger\n"
    )
    done = subprocess.run([LINTER, "--no-cache"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "ledger -> consent" in done.stdout
