"""Each fuzz target for a moment; `python -m tests.fuzz` takes its time."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.fuzz import NAMES
from tests.fuzz import __main__ as harness

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="atheris is installed on Linux only")
PLANTED = {"planted": "KeyError: 'no refusal'", "lenient": "spoiled, and accepted"}
PROGRAM = {"__init__", "__main__", "child"}


@pytest.mark.parametrize("name", NAMES)
def test_the_parser_lets_no_other_exception_out_and_accepts_nothing_spoiled(name: str, tmp_path: Path) -> None:
    done = harness.fuzz(name, out=tmp_path / "found", seconds=2, runs=20_000)
    assert done.returncode == 0, done.stdout + done.stderr[-3000:]
    assert "Done" in done.stderr
    assert list((tmp_path / "found").glob(f"{name}-*")) == []


def test_what_reached_new_code_is_kept_and_the_next_run_begins_with_it(tmp_path: Path) -> None:
    for seed, runs in (("", 2_000), ("kept", 0)):
        kept = tmp_path / "corpus/entry"
        if seed:
            (kept / seed).write_bytes(b"bug")
        done = harness.fuzz("entry", out=tmp_path, seconds=5, runs=runs)
        assert done.returncode == 0, done.stderr[-3000:]
    assert f"{len(list(kept.iterdir()))} files found in {kept}" in done.stderr.replace("INFO:", "").replace("  ", " ")


@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_bug_is_found_and_the_input_that_shows_it_is_saved(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(harness, "NAMES", (name,))
    assert harness.main(["--seconds", "30", "--out", str(tmp_path), name]) == 1
    assert PLANTED[name] in capsys.readouterr().out
    (saved,) = tmp_path.glob(f"{name}-crash-*")
    assert saved.read_bytes()[:3] in (b"bug", b"goo")


def test_every_target_is_listed_and_an_unknown_one_is_refused() -> None:
    files = {path.stem for path in Path(harness.__file__).parent.glob("*.py")}
    assert files - PROGRAM - set(PLANTED) == set(NAMES)
    with pytest.raises(SystemExit):
        harness.main(["no-such-parser"])
