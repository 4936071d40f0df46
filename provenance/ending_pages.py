"""The pages on which consent is taken back, given what an end would do to videos."""

from __future__ import annotations

from django.urls import path

from consent.portal import endings
from provenance.consequences import consequences

urlpatterns = [
    path("me/withdrawal", endings.withdraw, {"videos": consequences}, name="portal-withdraw"),
    path("me/stop", endings.stop, {"videos": consequences}, name="portal-panic"),
]
