"""The app of the videos that exist."""

from __future__ import annotations

from django.apps import AppConfig


class ProvenanceConfig(AppConfig):
    """Register the checks of this app with Django."""

    name = "provenance"
    label = "provenance"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Import what registers itself: the system checks, and the queues of takedown cases."""
        from provenance import checks  # noqa: F401 - imported for its registrations
        from provenance.console import work  # noqa: F401 - the same
