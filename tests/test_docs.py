"""The documents keep up with the code: whatever a reader may meet has its line."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.urls import URLPattern, URLResolver, get_resolver

from config import refusals
from gpu_client.endings import Code
from ledger.entry import KINDS

ROOT = Path(__file__).resolve().parent.parent
SETTINGS = (ROOT / "config/settings.py").read_text()


def lines(document: str) -> str:
    return (ROOT / "docs" / document).read_text()


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_each_entry_kind_has_its_line(kind: str) -> None:
    assert re.search(rf"^\| `{re.escape(kind)}` \|", lines("entries.md"), re.MULTILINE)


def test_no_line_describes_an_entry_kind_that_is_gone() -> None:
    assert set(re.findall(r"^\| `([a-z]+\.[a-z_]+)` \|", lines("entries.md"), re.MULTILINE)) == set(KINDS)


def test_each_error_code_has_its_line_and_no_line_is_left_over() -> None:
    known = {str(problem["code"]) for problem in refusals.known()} | {"invalid", "internal", "too-large", "bad-request"}
    written = set(re.findall(r"^\| `([a-z0-9-]+)` \|", lines("errors.md"), re.MULTILINE))
    framework = {
        "not-authenticated", "authentication-failed", "not-found", "method-not-allowed", "parse-error",
        "unsupported-media-type", "permission-denied", "throttled", "not-acceptable", "insufficient-scope",
    }  # fmt: skip
    assert known - written == set()
    assert written - known - framework == set()


def test_each_way_in_which_a_render_can_end_has_its_line() -> None:
    assert [code for code in Code if not re.search(rf"^\| {code} \|", lines("errors.md"), re.MULTILINE)] == []


def test_each_problem_says_what_it_means() -> None:
    assert [problem["code"] for problem in refusals.known() if len(str(problem["meaning"])) < 15] == []


@pytest.mark.parametrize("name", sorted(set(re.findall(r'environment\.\w+\(\s*"([A-Z_]+)"', SETTINGS))))
def test_each_setting_of_the_environment_has_its_line(name: str) -> None:
    assert f"`{name}`" in lines("settings.md")


@pytest.mark.parametrize(
    "name", sorted(set(re.findall(r"^((?:LEDGER|CONSENT|GPU|PROVENANCE|SERVING)_[A-Z_]+) =", SETTINGS, re.MULTILINE)))
)
def test_each_setting_of_ours_has_its_line(name: str) -> None:
    assert f"`{name}`" in lines("settings.md")


def routes(patterns: list[URLPattern | URLResolver], before: str = "") -> Iterator[str]:
    for found in patterns:
        here = before + str(found.pattern)
        if isinstance(found, URLResolver):
            if found.app_name != "admin":
                yield from routes(found.url_patterns, here)
        else:
            plain = re.sub(r"\(\?P<path>.*\)", "<path>", here.replace("^", "").replace("\\Z", ""))
            yield "/" + plain


def test_each_route_has_its_line_and_no_line_is_left_over() -> None:
    written = set(re.findall(r"^\| `(?:[A-Z, ]+ )?(/[^`]*)` \|", lines("routes.md"), re.MULTILINE))
    assert written == set(routes(get_resolver().url_patterns))


def test_the_checks_that_keep_unsafe_settings_from_starting_have_their_lines() -> None:
    code = "".join(file.read_text() for file in ROOT.glob("*/checks.py"))
    name = r"(?:config|ledger|consent|gpu_client|provenance)\.E\d+"
    assert set(re.findall(f'"({name})"', code)) == set(re.findall(f"`({name})`", lines("settings.md")))


def test_every_link_between_documents_leads_somewhere() -> None:
    for document in [ROOT / "README.md", ROOT / "CHANGELOG.md", *(ROOT / "docs").rglob("*.md")]:
        for target in re.findall(r"\]\((?!https?:|#)([^)#]+)", document.read_text()):
            assert (document.parent / target).exists(), f"{document.name} links to {target}"


def test_the_readme_and_the_script_name_the_same_commands() -> None:
    listed = subprocess.run([ROOT / "dev"], capture_output=True, text=True, check=True).stdout
    commands = set(re.findall(r"^  \./dev ([a-z]+)", listed, re.MULTILINE))
    written = set(re.findall(r"\./dev ([a-z]+)", (ROOT / "README.md").read_text()))
    assert written - commands == set()
    assert commands - written <= {"setup", "lock"}  # the others call the first; maintainers call the second


def test_every_test_that_an_invariant_names_exists() -> None:
    named = re.findall(r"`(tests/[a-z_/]+\.py)::(test_\w+)`", lines("invariants.md"))
    assert len(named) > 30
    assert [f"{file}::{name}" for file, name in named if f"def {name}(" not in (ROOT / file).read_text()] == []


def test_every_test_that_shows_an_attack_to_fail_exists() -> None:
    attacks = [line for line in lines("design/attacks.md").splitlines() if line.startswith("| ") and "---" not in line][
        1:
    ]
    named = [re.findall(r"`(tests/[a-z_/]+\.py)::(test_\w+)`", attack) for attack in attacks]
    assert len(attacks) > 25
    assert [attack for attack, tests in zip(attacks, named, strict=True) if not tests] == []
    missing = [
        (file, name) for tests in named for file, name in tests if f"def {name}(" not in (ROOT / file).read_text()
    ]
    assert missing == []


def test_nobody_writes_the_protected_word() -> None:
    word = "cam" + "eo"
    files = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
    files += [
        file
        for app in ("ledger", "consent", "gpu_client", "provenance", "config")
        for file in (ROOT / app).rglob("*.py")
    ]
    assert [str(file) for file in files if word in file.read_text().lower()] == []
