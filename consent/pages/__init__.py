"""The public pages of consent, for everybody without an account: what we did, in figures."""

from __future__ import annotations

from django.urls import path

from consent.pages import transparency

urlpatterns = [
    path("transparency", transparency.overview, name="transparency"),
    path("transparency/schemas/<str:name>.json", transparency.schema, name="transparency-schema"),
    path("transparency/<str:period>", transparency.report, name="transparency-report"),
    path("transparency/<str:period>/figures.csv", transparency.figures_csv, name="transparency-csv"),
    path("transparency/<str:period>/figures.json", transparency.figures_json, name="transparency-json"),
]
