"""Registers the app."""

from django.apps import AppConfig


class GpuClientConfig(AppConfig):
    """Jobs at render services."""

    name = "gpu_client"
    label = "gpu_client"
    verbose_name = "GPU client"
