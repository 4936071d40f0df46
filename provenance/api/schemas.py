"""The JSON Schemas of what we put into files, for other people's tools."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import conditional_page, require_safe

from ledger.problem import Problem

FOLDER = Path(__file__).resolve().parents[1] / "schemas"
MEDIA_TYPE = "application/schema+json"


class SchemaMissing(Problem):
    """There is no schema of this name."""

    code: ClassVar[str] = "schema-missing"
    status: ClassVar[int] = 404
    title: ClassVar[str] = "There is no such schema"


@csrf_exempt  # it changes nothing: another method is told so
@require_safe
@conditional_page
def consent_assertion(_request: HttpRequest, version: int) -> HttpResponse:
    """Serve the schema of one version of the consent assertion. It never changes: a change is a new version."""
    found = FOLDER / f"consent-assertion-{version}.json"
    if not found.is_file():
        raise SchemaMissing(f"There is no version {version} of this schema.", remedy="The newest is 2.")
    headers = {"Access-Control-Allow-Origin": "*", "Cache-Control": "public, max-age=3600"}
    return HttpResponse(found.read_bytes(), content_type=MEDIA_TYPE, headers=headers)


public_urlpatterns = [path("schemas/consent-assertion-<int:version>.json", consent_assertion, name="consent-schema")]
