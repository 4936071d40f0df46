"""Camera, microphone and place are nobody's on any page, but for the one that asks for them (W3C Permissions Policy).

The page that records says so itself, by a header of its own; what it set is left alone. A script that got into any
other page, against the content policy, would find the camera shut all the same.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from django.http import HttpRequest, HttpResponseBase

HEADER: Final = "Permissions-Policy"
NONE: Final = "camera=(), microphone=(), geolocation=(), display-capture=()"


class DevicePolicyMiddleware:
    """Shut them on every answer that says nothing about them."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer."""
        response = self.get_response(request)
        response.headers.setdefault(HEADER, NONE)
        return response
