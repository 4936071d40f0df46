"""A grant in other people's vocabularies, and the profile that explains ours."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import conditional_page, require_safe
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.views import APIView

from consent import exporting
from consent.api.authentication import party_of
from consent.api.negotiation import AnyType
from consent.exports import consent_record, credential, profile

JSON_LD = "application/ld+json"
VC_JWT = f"application/{credential.TYPE}"


class RecordView(APIView):
    """The consent record, for the grantor."""

    scope = "grants:read"
    content_negotiation_class = AnyType

    @extend_schema(operation_id="grant_export_record", responses={(200, JSON_LD): OpenApiTypes.OBJECT})
    def get(self, request: Request, grant: UUID) -> HttpResponse:
        """Return the record (ISO/IEC TS 27560 in DPV) as of now."""
        me = party_of(request)
        found = exporting.consent(exporting.own(grant, reader=me), reader=me)
        return _own(consent_record.record(found, base=settings.PUBLIC_URL))


class GrantReceiptView(APIView):
    """The consent receipt, for the grantor and for those whom the grant names."""

    scope = "grants:read"
    content_negotiation_class = AnyType

    @extend_schema(operation_id="grant_export_receipt", responses={(200, JSON_LD): OpenApiTypes.OBJECT})
    def get(self, request: Request, grant: UUID) -> HttpResponse:
        """Return the receipt: the record as of now, under the caller's receipt id."""
        me = party_of(request)
        found = exporting.consent(exporting.concerning(grant, reader=me), reader=me)
        return _own(consent_record.receipt(found, recipient=str(me.pk), base=settings.PUBLIC_URL))


class OdrlView(APIView):
    """The ODRL policy, for the grantor."""

    scope = "grants:read"
    content_negotiation_class = AnyType

    @extend_schema(operation_id="grant_export_odrl", responses={(200, JSON_LD): OpenApiTypes.OBJECT})
    def get(self, request: Request, grant: UUID) -> HttpResponse:
        """Return the terms as an ODRL 2.2 Agreement or Offer."""
        return _own(exporting.policy(exporting.own(grant, reader=party_of(request))))


class CredentialView(APIView):
    """The credential, for the grantor and for those whom the grant names."""

    scope = "grants:read"
    content_negotiation_class = AnyType

    @extend_schema(operation_id="grant_export_credential", responses={(200, VC_JWT): OpenApiTypes.STR})
    def get(self, request: Request, grant: UUID) -> HttpResponse:
        """Return the W3C credential, signed. 409 while the grant is in no published status list yet."""
        me = party_of(request)
        token = exporting.signed_credential(exporting.concerning(grant, reader=me), reader=me)
        return HttpResponse(token, content_type=VC_JWT, headers={"Cache-Control": "no-store"})


@csrf_exempt  # it changes nothing: another method is told so
@require_safe
@conditional_page
def odrl_profile(_request: HttpRequest) -> HttpResponse:
    """Serve our ODRL profile: the words that policies use beside ODRL's own."""
    headers = {"Access-Control-Allow-Origin": "*", "Cache-Control": "public, max-age=3600"}
    return HttpResponse(_json(profile.document(settings.PUBLIC_URL)), content_type=JSON_LD, headers=headers)


def _own(document: dict[str, Any]) -> HttpResponse:
    """Return a document for this caller only."""
    return HttpResponse(_json(document), content_type=JSON_LD, headers={"Cache-Control": "no-store"})


def _json(document: dict[str, Any]) -> bytes:
    return json.dumps(document, ensure_ascii=False).encode()


public_urlpatterns = [path("profile/odrl", odrl_profile, name="odrl-profile")]
