"""The wiring as a Django app, for its templates, its commands and its checks."""

from __future__ import annotations

from django.apps import AppConfig
from django.contrib.admin import apps as admin_apps


class ConfigConfig(AppConfig):
    """Registers the checks that keep unsafe settings from starting."""

    name = "config"
    default = True

    def ready(self) -> None:
        """Import the checks, which register themselves."""
        from config import checks  # noqa: F401


class RecordsConfig(admin_apps.AdminConfig):
    """Django's admin, behind the log-in of the house and only with a second factor."""

    default = False  # this module is the app `config`
    default_site = "config.records.RecordsSite"
