"""Wiring only: settings, routes, error rendering, the launcher of the embedded servers, and the demo."""

from config.celery import app as celery_app

__all__ = ["celery_app"]
