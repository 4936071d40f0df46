"""Django's admin as the staff's view of the records: behind our own log-in, and only with a second factor."""

from __future__ import annotations

from typing import Any

from django.contrib.admin import AdminSite
from django.http import HttpRequest, HttpResponseBase

from consent.portal import door


class RecordsSite(AdminSite):
    """For reading. There is no second log-in beside the one of the house."""

    site_header = "Countenance: the records"
    site_title = "Countenance"
    index_title = "For reading; what changes anything is a verb with its entry in the log"

    def has_permission(self, request: HttpRequest) -> bool:
        """Let in active staff who have a passkey or a code app."""
        return super().has_permission(request) and door.has_second_factor(request.user)

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponseBase:  # type: ignore[override]  # a redirect is an answer too
        """Send to the log-in of the house."""
        answer: HttpResponseBase = door.records_log_in(request, extra_context)
        return answer
