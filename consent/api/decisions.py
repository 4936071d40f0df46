"""Ask before paying; and see who asked for oneself."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from consent import decisions, disclosure
from consent.api import pages
from consent.api.authentication import party_of
from consent.api.body import Body, Flag, StrictJSONParser, Uuid
from consent.api.parties import NamedAnswer
from consent.models import Decision, Party
from consent.policy import Reason, Use
from consent.vocabulary import PURPOSES


class UseBody(Body):
    """A proposed use."""

    cast = serializers.ListField(child=Uuid(), max_length=decisions.MAX_CAST, allow_empty=True)
    purpose = serializers.ChoiceField(choices=sorted(PURPOSES))
    seconds = serializers.IntegerField(min_value=1, max_value=decisions.MAX_SECONDS)
    remix = Flag()


class ReasonAnswer(serializers.Serializer[Any]):
    """One reason. `clause` and `grant` are told only to those whom the grant names, and to its holder."""

    likeness = serializers.CharField(allow_blank=True)
    reason = serializers.ChoiceField(choices=[str(reason) for reason in Reason])
    clause = serializers.CharField(allow_null=True)
    grant = serializers.CharField(allow_null=True)


class DecisionAnswer(serializers.Serializer[Any]):
    """The answer as of now. An allowance is no permit and has no id: it may be over in a second."""

    decision = serializers.UUIDField(allow_null=True)
    outcome = serializers.ChoiceField(choices=Decision.Outcome.choices)
    reasons = ReasonAnswer(many=True)
    decided_at = serializers.DateTimeField()


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


class DecisionsView(APIView):
    """Preflight."""

    parser_classes = (StrictJSONParser,)

    @extend_schema(operation_id="decision_preflight", request=UseBody, responses=DecisionAnswer)
    def post(self, request: Request) -> Response:
        """Say whether a use would be covered now. Holders see the attempt if it is denied."""
        body = UseBody(data=request.data)
        body.is_valid(raise_exception=True)
        me, sent = party_of(request), body.validated_data
        cast = frozenset(str(likeness) for likeness in sent["cast"])
        use = Use(cast, str(me.pk), sent["purpose"], remix=sent["remix"], seconds=sent["seconds"])
        decision = decisions.preflight(use, actor=me)
        allowed = decision.outcome == Decision.Outcome.ALLOW
        answer = {
            "decision": None if allowed else decision.pk,
            "outcome": decision.outcome,
            "reasons": disclosure.reasons_for(decision, me),
            "decided_at": decision.decided_at,
        }
        return Response(DecisionAnswer(answer).data)


class AttemptsView(APIView):
    """Who asked for one's likenesses, allowed or not."""

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
