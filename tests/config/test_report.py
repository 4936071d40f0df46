"""The demo's report tells the truth about a story that breaks off."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from config.demo.report import Report


def test_a_report_without_a_step_is_not_ok(tmp_path: Path) -> None:
    report = Report(tmp_path, lambda _line: None)
    report.write()
    assert json.loads((tmp_path / "report.json").read_text())["ok"] is False


def test_a_broken_step_is_written_with_its_reason(tmp_path: Path) -> None:
    said: list[str] = []
    report = Report(tmp_path, said.append)
    with report.step("first") as step:
        step.saw("all well")
    with pytest.raises(ValueError, match="no"), report.step("second"):
        raise ValueError("no")
    found = json.loads((tmp_path / "report.json").read_text())
    assert found["ok"] is False
    assert [(step["name"], step["ok"]) for step in found["steps"]] == [("first", True), ("second", False)]
    assert found["steps"][1]["detail"] == "ValueError: no"
    assert any("✗" in line for line in said)


def test_the_report_has_every_member_that_its_document_names(tmp_path: Path) -> None:
    report = Report(tmp_path, lambda _line: None)
    report.write()
    documented = Path(__file__).parents[2].joinpath("docs/demo.md").read_text().split("```json")[1].split("```")[0]
    assert set(json.loads((tmp_path / "report.json").read_text())) == set(json.loads(documented))
