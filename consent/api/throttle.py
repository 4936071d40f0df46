"""Where a request of REST framework's is counted: once it is known whose it is, before the view is asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rest_framework.throttling import BaseThrottle

from consent import limits
from consent.models import Party

if TYPE_CHECKING:
    from rest_framework.request import Request
    from rest_framework.views import APIView


class Limit(BaseThrottle):
    """The default of every view."""

    def allow_request(self, request: Request, view: APIView) -> bool:
        """Count it, and leave its header fields with the view. Raises `TooManyRequests`."""
        party = str(request.user.pk) if isinstance(request.user, Party) else None
        view.headers |= limits.spend(party, request._request)  # noqa: SLF001 - the request that came
        return True
