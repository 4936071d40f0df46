"""What one signed and did, with proofs that need neither our database nor our server."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from consent import evidence
from consent.api.authentication import party_of
from consent.api.negotiation import AnyType
from ledger import log, receipt, receipts, transparent


class ExportAnswer(serializers.Serializer[Any]):
    """The bundle `countenance-export/1`."""

    format = serializers.CharField()
    log = serializers.DictField()
    party = serializers.DictField()
    keys = serializers.ListField(child=serializers.DictField())
    acts = serializers.ListField(child=serializers.DictField())


class ExportView(APIView):
    """Everything of one's own."""

    scope = "account"

    @extend_schema(operation_id="export", responses=ExportAnswer)
    def get(self, request: Request) -> Response:
        """Export every act of the calling party. 409 while the newest is not in a published checkpoint yet."""
        answer = Response(evidence.export(party_of(request)))
        answer["Cache-Control"] = "no-store"
        return answer


class ProofView(APIView):
    """The inclusion proof of an entry that concerns the caller."""

    scope = "evidence:read"

    @extend_schema(operation_id="entry_proof", responses={(200, "text/plain"): OpenApiTypes.STR})
    def get(self, request: Request, entry: UUID) -> HttpResponse:
        """Return the C2SP tlog-proof."""
        found = evidence.concerning(party_of(request), entry)
        return HttpResponse(log.proof(found), content_type="text/plain; charset=utf-8")


class ReceiptView(APIView):
    """The COSE receipt of an entry that concerns the caller."""

    scope = "evidence:read"
    content_negotiation_class = AnyType

    @extend_schema(operation_id="entry_receipt", responses={(200, receipt.MEDIA_TYPE): OpenApiTypes.BINARY})
    def get(self, request: Request, entry: UUID) -> HttpResponse:
        """Return the receipt (RFC 9942): the entry is in our log, to be embedded in a file."""
        found = evidence.concerning(party_of(request), entry)
        return _fresh(receipts.receipt(found), receipt.MEDIA_TYPE)


class StatementView(APIView):
    """The transparent statement of an entry that concerns the caller."""

    scope = "evidence:read"
    content_negotiation_class = AnyType

    @extend_schema(operation_id="entry_statement", responses={(200, transparent.MEDIA_TYPE): OpenApiTypes.BINARY})
    def get(self, request: Request, entry: UUID) -> HttpResponse:
        """Return the SCITT transparent statement (RFC 9943): the entry's bytes, signed, with their receipt."""
        found = evidence.concerning(party_of(request), entry)
        return _fresh(receipts.transparent_statement(found), transparent.MEDIA_TYPE)


def _fresh(data: bytes, media_type: str) -> HttpResponse:
    """Return what is signed anew for each answer, and for this caller only."""
    return HttpResponse(data, content_type=media_type, headers={"Cache-Control": "no-store"})
