"""Unsafe settings do not start in production, and each check can be the one that says so."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from pytest_django.fixtures import Settings

from config.checks import refuse_unsafe, unsafe_settings

SAFE: dict[str, Any] = {
    "DEVELOPMENT": False,
    "DEBUG": False,
    "SECRET_KEY": "x7" * 30,
    "PUBLIC_URL": "https://countenance.example",
    "LEDGER_STALE_SECONDS": 600,
    "MAIL_HOST": "mail.example",
    "GPU_RENDERERS": [{"url": "https://gpu.example", "model": "some-model", "name": "a", "token": "b"}],
}


@pytest.fixture
def production(settings: Settings) -> Settings:
    for name, value in SAFE.items():
        setattr(settings, name, value)
    return settings


def test_safe_settings_start(production: Settings) -> None:
    assert unsafe_settings(None) == []


@pytest.mark.parametrize(
    ("name", "value", "error"),
    [
        ("DEBUG", True, "config.E001"),
        ("LEDGER_STALE_SECONDS", 0, "config.E007"),
        ("SECRET_KEY", "short", "config.E002"),
        ("SECRET_KEY", "development " + "x7" * 30, "config.E002"),
        ("PUBLIC_URL", "http://countenance.example", "config.E003"),
        ("CELERY_TASK_ALWAYS_EAGER", True, "config.E004"),
        ("GPU_RENDERERS", [{"url": "http://gpu.example", "model": "m"}], "config.E005"),
        ("GPU_RENDERERS", [{"url": "https://gpu.example", "model": "countenance-reference"}], "config.E006"),
        ("MAIL_HOST", "", "config.E008"),
    ],
)
def test_one_unsafe_setting_is_one_error(production: Settings, name: str, value: object, error: str) -> None:
    setattr(production, name, value)
    found = unsafe_settings(None)
    assert [one.id for one in found] == [error]
    assert found[0].hint


def test_development_may_do_all_of_it(production: Settings) -> None:
    production.DEVELOPMENT, production.DEBUG = True, True
    assert unsafe_settings(None) == []


def test_an_unsafe_setting_keeps_the_web_server_from_starting(production: Settings) -> None:
    production.DEBUG = True
    with pytest.raises(ImproperlyConfigured, match=r"config\.E001"):
        refuse_unsafe()


def test_development_starts() -> None:
    refuse_unsafe()
