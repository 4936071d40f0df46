"""Enrolment does not open without the models that were reviewed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from consent import checks
from consent.media import weights

if TYPE_CHECKING:
    import pytest


def test_the_models_that_we_carry_are_the_reviewed_ones() -> None:
    assert checks.models_are_the_reviewed_ones(None) == []


def test_a_changed_model_does_not_start(monkeypatch: pytest.MonkeyPatch) -> None:
    name = next(iter(weights.SHA256))
    monkeypatch.setitem(weights.SHA256, name, "0" * 64)
    weights.installed.cache_clear()
    assert [one.id for one in checks.models_are_the_reviewed_ones(None)] == ["consent.E001"]
    weights.installed.cache_clear()
