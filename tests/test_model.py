"""The model of consent in docs/model holds in every interleaving, and each rule in it is needed: without it, it breaks.

Spin writes a checker in C for each variant, which a C compiler builds and which then walks every state.
`MODEL=large` lets two withdrawals run at once in the sound model, with longer leases: 69 million states, 6 GB.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

MODEL = Path(__file__).resolve().parent.parent / "docs/model/consent.pml"
TOOLS = ("spin", "gcc")
SECONDS = 300  # for one variant, on a machine that does much else; alone it needs two
LEAST_STATES = 10_000
LARGE = ("WITHDRAWALS=2", "LEASE=2", "PERMIT=2")

MUTANTS = {
    "CHECKS_WITHOUT_LOCK": "minted_without_consent",
    "FIRST_ONE_TWICE": "minted_without_consent",
    "REDEEMS_WITHOUT_ASKING": "redeemed_without_consent",
    "NO_ROW_LOCK": "redeemed_twice",
    "PUBLISHES_WITHOUT_DECIDING": "published_without_consent",
    "ACKNOWLEDGES_AT_ONCE": "sent_after_acknowledgement",
    "WAITS_FROM_ACCEPTANCE": "sent_after_acknowledgement",
    "WAITS_WITHOUT_MARGIN": "sent_after_acknowledgement",
    "LEASES_FROM_THE_ANSWER": "sent_after_acknowledgement",
    "LEAVES_THE_KERNELS_BUFFER": "sent_after_acknowledgement",
    "FORGETS_THE_PARENT": "sent_after_acknowledgement",
}


@pytest.fixture(scope="module", autouse=True)
def tools() -> None:
    missing = [tool for tool in TOOLS if shutil.which(tool) is None]
    if missing:
        reason = f"missing: {', '.join(missing)}; apt-get install spin gcc libc6-dev"
        pytest.fail(reason) if os.environ.get("CI") == "true" else pytest.skip(reason)


def check(folder: Path, *defined: str, seconds: float = SECONDS) -> str:
    """Let Spin walk every state of the model with these words defined; return its report."""
    words = [f"-D{word}" for word in defined]
    run(["spin", *words, "-a", str(MODEL)], folder)
    run(["gcc", "-O1", "-w", "-DSAFETY", "-DCOLLAPSE", "-o", "checker", "pan.c"], folder)
    return run(["./checker", "-m4000000"], folder, seconds=seconds)  # steps; one withdrawal needs 0.2 million


def run(command: list[str], folder: Path, *, seconds: float = SECONDS) -> str:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=seconds, check=False)
    said = done.stdout + done.stderr
    assert done.returncode == 0, said
    return said


def states(report: str) -> int:
    found = re.search(r"^\s*([0-9.e+]+) states, stored$", report, re.MULTILINE)
    assert found is not None, report
    return int(float(found[1]))


def violated(report: str) -> str | None:
    """Return the name of what became true and must not; `None`: nothing did, and the search was complete."""
    found = re.search(r"assertion violated +!\((\w+)\)", report)
    if found is None:
        assert "errors: 0" in report, report
        assert "max search depth too small" not in report, report
        assert "Search not completed" not in report, report
    return found[1] if found else None


def never_reached(report: str) -> list[str]:
    """Return the statements that no run came to, but for the ends of the processes, none of which ends."""
    return [line for line in re.findall(r"^\t\S+:\d+, state \d+, (.+)$", report, re.MULTILINE) if line != '"-end-"']


def test_the_model_holds_in_every_interleaving_and_every_line_of_it_is_reached(tmp_path: Path) -> None:
    large = os.environ.get("MODEL") == "large"
    report = check(tmp_path, *(LARGE if large else ()), seconds=3600 if large else SECONDS)
    assert violated(report) is None, report
    assert states(report) >= LEAST_STATES
    assert "unreached in proctype" in report
    assert never_reached(report) == []


@pytest.mark.parametrize("mutant", MUTANTS)
def test_the_model_without_one_rule_is_reported(tmp_path: Path, mutant: str) -> None:
    assert violated(check(tmp_path, mutant)) == MUTANTS[mutant]


def test_each_mutant_of_the_model_is_tried() -> None:
    words = set(re.findall(r"^#(?:ifdef|ifndef) (\w+)|^#(?:el)?if defined\((\w+)\)", MODEL.read_text(), re.MULTILINE))
    assert {first or second for first, second in words} - {"WITHDRAWALS", "LEASE", "PERMIT"} == set(MUTANTS)


def test_without_spin_these_tests_are_skipped_but_fail_in_ci(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda _tool: None)
    look = getattr(tools, "__wrapped__")  # noqa: B009 - what the fixture decorates has no public name
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match="apt-get install spin"):
        look()
    monkeypatch.delenv("CI")
    with pytest.raises(pytest.skip.Exception, match="apt-get install spin"):
        look()
