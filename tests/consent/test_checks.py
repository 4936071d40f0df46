"""Enrolment does not open without the models that were reviewed, and passkeys sign on our pages only."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from consent import checks
from consent.media import weights

if TYPE_CHECKING:
    from pytest_django.fixtures import Settings


def test_the_models_that_we_carry_are_the_reviewed_ones() -> None:
    assert checks.models_are_the_reviewed_ones(None) == []


def test_a_changed_model_does_not_start(monkeypatch: pytest.MonkeyPatch) -> None:
    name = next(iter(weights.SHA256))
    monkeypatch.setitem(weights.SHA256, name, "0" * 64)
    weights.installed.cache_clear()
    assert [one.id for one in checks.models_are_the_reviewed_ones(None)] == ["consent.E001"]
    weights.installed.cache_clear()


@pytest.mark.parametrize(
    ("rp_id", "origins", "found"),
    [
        ("example.com", ["https://example.com"], []),
        ("example.com", ["https://example.com", "https://portal.example.com:8443"], []),
        ("example.com", ["http://example.com"], ["consent.E002"]),
        ("localhost", ["https://localhost", "http://localhost:8000"], ["consent.E002"]),
        ("example.com", ["https://example.com/"], ["consent.E003"]),
        ("example.com", ["https://Example.com"], ["consent.E003"]),
        ("example.com", ["https://me@example.com"], ["consent.E003"]),
        ("example.com", ["https://badexample.com"], ["consent.E003"]),
        ("portal.example.com", ["https://example.com"], ["consent.E003"]),
        ("example.com", [""], ["consent.E002", "consent.E003"]),
        ("", ["https://example.com"], ["consent.E003"]),
    ],
)
def test_passkeys_sign_on_https_pages_of_the_relying_party_only(
    settings: Settings, rp_id: str, origins: list[str], found: list[str]
) -> None:
    settings.DEVELOPMENT, settings.CONSENT_RP_ID, settings.CONSENT_ORIGINS = False, rp_id, origins
    assert [one.id for one in checks.passkeys_sign_on_our_pages(None)] == found


def test_plain_http_is_for_development(settings: Settings) -> None:
    settings.DEVELOPMENT = True
    assert checks.passkeys_sign_on_our_pages(None) == []
