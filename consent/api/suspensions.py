"""Pause what is one's own, see what rests, and resume it."""

from __future__ import annotations

import logging
from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from consent import grants, likenesses, revocations, scopes, suspensions
from consent.api import pages
from consent.api.authentication import party_of
from consent.api.body import Body, Moment, StrictJSONParser, Uuid
from consent.models import Grant, Likeness, Party, Suspension

log = logging.getLogger(__name__)
PAUSED = "paused"  # the one reason that a holder gives


class SuspensionBody(Body):
    """What to pause: exactly one of the two; and until when, if it is to come back by itself."""

    likeness = Uuid(required=False)
    grant = Uuid(required=False)
    until = Moment(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Refuse both and neither."""
        if ("likeness" in attrs) == ("grant" in attrs):
            raise serializers.ValidationError({"grant": ["Send either a grant or a likeness."]})
        return attrs


class SuspensionAnswer(serializers.Serializer[Any]):
    """`effective_at`: from then on nothing that it covers leaves our servers. `yours`: whether you can resume it."""

    id = serializers.UUIDField()
    likeness = serializers.UUIDField(source="likeness_id")
    grant = serializers.UUIDField(source="grant_id", allow_null=True)
    reason = serializers.CharField()
    yours = serializers.BooleanField()
    until = serializers.DateTimeField(allow_null=True)
    epoch = serializers.IntegerField()
    accepted_at = serializers.DateTimeField()
    effective_at = serializers.DateTimeField(allow_null=True)
    resumed_at = serializers.DateTimeField(allow_null=True)
    entry = serializers.UUIDField(source="entry_id")
    resumed_entry = serializers.UUIDField(source="resumed_entry_id", allow_null=True)


class SuspensionListAnswer(serializers.Serializer[Any]):
    """One page."""

    items = SuspensionAnswer(many=True)
    next = serializers.CharField(allow_null=True)


class SuspensionsView(APIView):
    """What of one's own rests, or rested."""

    scope = scopes.by(GET="grants:read", POST="pauses")
    parser_classes = (StrictJSONParser,)

    @extend_schema(
        operation_id="suspension_make",
        request=SuspensionBody,
        responses={200: SuspensionAnswer, 202: SuspensionAnswer},
    )
    def post(self, request: Request) -> Response:
        """Pause, wait until it is effective, and say so; 202 if it cannot be confirmed yet."""
        body = SuspensionBody(data=request.data)
        body.is_valid(raise_exception=True)
        me, sent = party_of(request), body.validated_data
        made = suspensions.suspend(_target(sent, me), reason=PAUSED, until=sent.get("until"), actor=me)
        try:
            made = revocations.drain(made)
        except Exception:
            log.exception("suspension %s is accepted and could not be confirmed", made.pk)
            return Response(_shown(made), status=202)
        return Response(_shown(made))

    @extend_schema(operation_id="suspension_list", parameters=pages.PARAMETERS, responses=SuspensionListAnswer)
    def get(self, request: Request) -> Response:
        """List them, newest first; those by staff, too."""
        me = party_of(request)
        rows = Suspension.objects.filter(likeness__holder=me)
        items, following = pages.page(request, rows, "accepted_at")
        shown = [_shown(each) for each in items]
        return Response({"items": shown, "next": following})


class SuspensionView(APIView):
    """One suspension, for the holder; for everybody else it does not exist."""

    scope = "pauses"

    @extend_schema(operation_id="suspension_lift", responses=SuspensionAnswer)
    def delete(self, request: Request, suspension: UUID) -> Response:
        """Resume what one has paused oneself."""
        me = party_of(request)
        found = Suspension.objects.filter(pk=suspension, likeness__holder=me).first()
        if found is None:
            raise suspensions.missing()
        return Response(_shown(suspensions.resume(found, actor=me)))


def _target(sent: dict[str, Any], me: Party) -> Likeness | Grant:
    if "likeness" in sent:
        return likenesses.owned(sent["likeness"], holder=me, pointer="/likeness")
    grant = Grant.objects.filter(pk=sent["grant"], likeness__holder=me).first()
    if grant is None:
        raise grants.missing("/grant")
    return grant


def _shown(suspension: Suspension) -> dict[str, Any]:
    suspension.yours = suspensions.is_pause(suspension)  # type: ignore[attr-defined]  # for the answer alone
    return SuspensionAnswer(suspension).data
