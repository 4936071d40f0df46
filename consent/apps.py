"""The Django application `consent`."""

from django.apps import AppConfig


class ConsentConfig(AppConfig):
    """Parties, likenesses, grants, decisions and permits."""

    name = "consent"
    label = "consent"
    verbose_name = "Consent"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Import what registers itself: the system checks, and the queues, acts and verbs of the staff."""
        from consent import checks  # noqa: F401 - imported for its registrations
        from consent.casework import bulks, case_queues, erasures, own_queues, verbs, viewing  # noqa: F401 - the same
