"""See who asked for oneself."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from consent import disclosure
from consent.api import pages
from consent.api.authentication import party_of
from consent.api.decisions import ReasonAnswer
from consent.api.parties import NamedAnswer
from consent.models import Decision, Party


class AttemptAnswer(serializers.Serializer[Any]):
    """Somebody asked for a likeness of one's own."""

    decision = serializers.UUIDField()
    outcome = serializers.ChoiceField(choices=Decision.Outcome.choices)
    client = NamedAnswer()
    likenesses = serializers.ListField(child=serializers.UUIDField())
    purpose = serializers.CharField(allow_null=True)  # null, as the next two: who asked was erased
    seconds = serializers.IntegerField(allow_null=True)
    remix = serializers.BooleanField(allow_null=True)
    reasons = ReasonAnswer(many=True)
    decided_at = serializers.DateTimeField()


class AttemptListAnswer(serializers.Serializer[Any]):
    """One page."""

    items = AttemptAnswer(many=True)
    next = serializers.CharField(allow_null=True)


class AttemptsView(APIView):
    """Who asked for one's likenesses, allowed or not."""

    scope = "appearances:read"

    @extend_schema(operation_id="attempt_list", parameters=pages.PARAMETERS, responses=AttemptListAnswer)
    def get(self, request: Request) -> Response:
        """List every decision about one's likenesses, newest first."""
        me = party_of(request)
        rows = Decision.objects.filter(likenesses__holder=me).select_related("client").distinct()
        items, following = pages.page(request, rows, "decided_at")
        return Response(AttemptListAnswer({"items": [_attempt(row, me) for row in items], "next": following}).data)


def _attempt(decision: Decision, me: Party) -> dict[str, Any]:
    """Show one's own likenesses only: who else was in the cast is not one's business.

    Once who asked is erased, what they asked for is null.
    """
    return {
        "decision": decision.pk,
        "outcome": decision.outcome,
        "client": decision.client,
        "likenesses": decision.cast.filter(likeness__holder=me).order_by("likeness").values_list("likeness", flat=True),
        "purpose": decision.use.get("purpose"),
        "seconds": decision.use.get("seconds"),
        "remix": decision.use.get("remix"),
        "reasons": disclosure.reasons_for(decision, me),
        "decided_at": decision.decided_at,
    }
