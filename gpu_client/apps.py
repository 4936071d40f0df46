"""Registers the app."""

from django.apps import AppConfig


class GpuClientConfig(AppConfig):
    """Jobs at render services."""

    name = "gpu_client"
    label = "gpu_client"
    verbose_name = "GPU client"

    def ready(self) -> None:
        """Register the checks."""
        from gpu_client import checks  # noqa: F401 - registers itself; settings are not read before this
