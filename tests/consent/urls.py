"""The routes of consent and the console alone, as an app knows nothing of what stands to its right."""

from django.contrib import admin
from django.urls import include, path

from consent.api import exports

urlpatterns = [
    path("", include("ledger.api")),
    path("", include(exports.public_urlpatterns)),
    path("v1/", include("consent.api.urls")),
    path("admin/", admin.site.urls),
]
