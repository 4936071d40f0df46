"""Our revoked certificates, for whoever verifies without asking us about each file."""

from __future__ import annotations

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.views import APIView

from consent import scopes
from provenance import claim_signers


class ClaimRevocationList(APIView):
    """One signed list; empty as long as no key was stolen."""

    scope = scopes.PUBLIC
    authentication_classes = ()
    permission_classes = (AllowAny,)

    @extend_schema(
        operation_id="claim_revocations_retrieve",
        auth=[],
        responses={(200, "application/jwt"): OpenApiTypes.STR},
    )
    def get(self, request: Request) -> HttpResponse:  # noqa: ARG002 - Django's signature
        """Return the list of revoked certificates as a JWS: serial number, and since when."""
        headers = {"Cache-Control": "public, max-age=60", "X-Content-Type-Options": "nosniff"}
        return HttpResponse(claim_signers.signed_list(), content_type="application/jwt", headers=headers)
