"""The Django application `consent`."""

from django.apps import AppConfig


class ConsentConfig(AppConfig):
    """Parties, likenesses, grants, decisions and permits."""

    name = "consent"
    label = "consent"
    verbose_name = "Consent"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Import the system checks, which register themselves."""
        from consent import checks  # noqa: F401 - imported for its registrations
