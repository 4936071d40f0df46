"""Check a video file: anyone may, and nothing of it is kept."""

from __future__ import annotations

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.parsers import MultiPartParser
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from consent import scopes
from provenance import examination


class VerificationRequest(serializers.Serializer[Any]):
    """The file to check."""

    file = serializers.FileField()


class VerificationList(APIView):
    """Check a file, without an account."""

    scope = scopes.PUBLIC
    authentication_classes = ()
    permission_classes = (AllowAny,)
    parser_classes = (MultiPartParser,)

    @extend_schema(
        operation_id="verifications_create",
        auth=[],
        request={"multipart/form-data": VerificationRequest},
        responses={200: OpenApiTypes.OBJECT},
    )
    def post(self, request: Request) -> Response:
        """Answer apart: intact, who signed, consented when made, still standing now, made from what."""
        report = examination.examine(request)
        return Response(report.as_dict(), headers={"Cache-Control": "no-store"})
