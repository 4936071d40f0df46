"""The WSGI callable for any server."""

from __future__ import annotations

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

application = get_wsgi_application()

from config.checks import refuse_undone_erasures, refuse_unsafe  # noqa: E402 - the checks need the applications that were just loaded

refuse_unsafe()
refuse_undone_erasures()
