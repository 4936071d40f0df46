"""The Celery application: tasks are three lines that call a verb, found in each app's tasks.py."""

from __future__ import annotations

import os
from typing import Any

from celery import Celery
from celery.signals import worker_init

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("countenance")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@worker_init.connect  # type: ignore[untyped-decorator]  # Celery has no types
def refuse_unsafe(**_sender: Any) -> None:  # noqa: ANN401 - whatever Celery says; its only hook before a worker starts
    """Keep a worker from starting with unsafe settings, or on a backup that knows who was erased."""
    from django.core.exceptions import ImproperlyConfigured

    from config import checks

    try:
        checks.refuse_unsafe()
        checks.refuse_undone_erasures()
    except ImproperlyConfigured as error:
        raise SystemExit(str(error)) from error  # Celery logs any other exception of a hook, and starts all the same
