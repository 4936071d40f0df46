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


CONTROLLER: dict[str, object] = {
    "NAME": "Countenance Example Ltd",
    "ADDRESS": "1 Example Street, Dublin 2, Ireland",
    "CONTACT": "privacy@countenance.example",
    "NOTICE_URL": "https://countenance.example/privacy",
    "STORAGE": ["IE", "EU"],
    "RETENTION": "P3Y",
    "JURISDICTION": ["IE"],
}


@pytest.mark.parametrize(
    ("name", "value", "found"),
    [
        ("NAME", "Countenance Example Ltd", []),
        ("CONTACT", "https://countenance.example/contact", []),
        *((name, "", ["consent.E010"]) for name in ("NAME", "ADDRESS", "CONTACT", "NOTICE_URL", "RETENTION")),
        *((name, value, ["consent.E010"]) for name in ("STORAGE", "JURISDICTION") for value in ([""], [], ["Ireland"])),
        ("NAME", " ", ["consent.E010"]),
        ("CONTACT", "http://countenance.example", ["consent.E010"]),
        ("RETENTION", "three years", ["consent.E010"]),
    ],
)
def test_a_record_without_a_controller_does_not_start(
    settings: Settings, name: str, value: object, found: list[str]
) -> None:
    settings.DEVELOPMENT = False
    for known, good in CONTROLLER.items():
        setattr(settings, f"CONSENT_CONTROLLER_{known}", good)
    setattr(settings, f"CONSENT_CONTROLLER_{name}", value)
    assert [one.id for one in checks.records_name_a_controller(None)] == found


def test_development_needs_no_controller(settings: Settings) -> None:
    settings.DEVELOPMENT, settings.CONSENT_CONTROLLER_NAME = True, ""
    assert checks.records_name_a_controller(None) == []
