"""Where apps and the people who let them act go."""

from __future__ import annotations

from django.urls import path

from consent.oauth import doors
from consent.portal import authorising

urlpatterns = [
    path("oauth/authorize", authorising.authorize, name="oauth-authorize"),
    path("oauth/token", doors.token, name="oauth-token"),
    path("oauth/revoke", doors.revocation, name="oauth-revoke"),
    path(".well-known/oauth-authorization-server", doors.metadata, name="oauth-metadata"),
]
