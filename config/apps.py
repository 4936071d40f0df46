"""The wiring as a Django app, for its templates, its commands and its checks."""

from __future__ import annotations

from django.apps import AppConfig


class ConfigConfig(AppConfig):
    """Registers the checks that keep unsafe settings from starting."""

    name = "config"

    def ready(self) -> None:
        """Import the checks, which register themselves."""
        from config import checks  # noqa: F401
