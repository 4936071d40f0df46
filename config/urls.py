"""Every address, and whose it is."""

from __future__ import annotations

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib import admin
from django.urls import include, path
from drf_spectacular.views import SpectacularJSONAPIView
from rest_framework.permissions import AllowAny

from config import languages, pages, problems, reference, style
from consent.api import exports
from provenance.api import schemas

for model in (EmailAddress, Authenticator, UserSession):  # secrets and log-ins are no records, and no form changes them
    admin.site.unregister(model)

urlpatterns = [
    path("", pages.home, name="home"),
    path("problems", pages.problem_list, name="problems"),
    path("docs/", reference.index, name="reference"),
    path("docs/<str:name>/", reference.group, name="reference-group"),
    path("style", style.guide, name="style"),
    path("language", languages.choose, name="set_language"),
    path("healthz", pages.health, name="health"),
    path("", include("consent.portal")),
    path("", include("consent.oauth.urls")),
    path("", include("provenance.ending_pages")),
    path("", include("ledger.api")),
    path("", include(exports.public_urlpatterns)),
    path("", include("consent.pages")),
    path("", include("provenance.pages")),
    path("", include("provenance.portal")),
    path("", include("provenance.desk")),
    path("", include("provenance.console")),
    path("", include("provenance.reviewing")),
    path("", include("provenance.hearings")),
    path("", include("provenance.oversight")),
    path("", include(schemas.public_urlpatterns)),
    path("v1/", include("consent.api.urls")),
    path("v1/", include("provenance.api")),
    path(
        "v1/openapi.json",
        SpectacularJSONAPIView.as_view(authentication_classes=[], permission_classes=[AllowAny]),
        name="openapi",
    ),
    path("admin/", admin.site.urls),
]

handler400 = problems.malformed
handler403 = problems.forbidden
handler404 = problems.missing
handler500 = problems.fault
