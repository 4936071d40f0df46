"""Whom one has shut out, and how they come back in. Shutting out is a withdrawal (`withdrawals`)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from consent import exclusions, scopes
from consent.api import pages
from consent.api.authentication import party_of
from consent.models import Exclusion


class ExclusionAnswer(serializers.Serializer[Any]):
    """One party shut out from one likeness; `lifted_at` says that it was let back in."""

    id = serializers.UUIDField()
    likeness = serializers.UUIDField(source="likeness_id")
    party = serializers.UUIDField(source="party_id")
    created_at = serializers.DateTimeField()
    lifted_at = serializers.DateTimeField(allow_null=True)
    entry = serializers.UUIDField(source="entry_id")
    lifted_entry = serializers.UUIDField(source="lifted_entry_id", allow_null=True)


class ExclusionListAnswer(serializers.Serializer[Any]):
    """One page."""

    items = ExclusionAnswer(many=True)
    next = serializers.CharField(allow_null=True)


class ExclusionsView(APIView):
    """One's exclusions."""

    scope = scopes.by(GET="grants:read")

    @extend_schema(operation_id="exclusion_list", parameters=pages.PARAMETERS, responses=ExclusionListAnswer)
    def get(self, request: Request) -> Response:
        """List them, newest first."""
        rows = Exclusion.objects.filter(likeness__holder=party_of(request))
        items, following = pages.page(request, rows, "created_at")
        return Response(ExclusionListAnswer({"items": items, "next": following}).data)


class ExclusionView(APIView):
    """One exclusion, for the holder; for everybody else it does not exist."""

    scope = "pauses"

    @extend_schema(operation_id="exclusion_lift", responses=ExclusionAnswer)
    def delete(self, request: Request, exclusion: UUID) -> Response:
        """Let the party back in: what still stands covers it again."""
        me = party_of(request)
        found = Exclusion.objects.filter(pk=exclusion, likeness__holder=me).first()
        if found is None:
            raise exclusions.missing()
        return Response(ExclusionAnswer(exclusions.lift_exclusion(found, actor=me)).data)
