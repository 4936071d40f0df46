"""The Django application `ledger`."""

from django.apps import AppConfig


class LedgerConfig(AppConfig):
    """The log, the vault and the keys."""

    name = "ledger"
    verbose_name = "Ledger"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the system checks that keep unsafe keys from starting."""
        from ledger import checks  # noqa: F401 - Django registers checks when the module is imported
