"""Preview of a withdrawal: what consent stops, and what becomes of the videos. Only here are both seen."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from consent import exclusions, grants, likenesses, preview
from consent.api.authentication import party_of
from consent.api.body import StrictJSONParser
from consent.api.withdrawals import WithdrawalBody
from consent.models import Grant, Likeness, Party
from consent.preview import Aim
from provenance import consequences


class ConsentPart(serializers.Serializer[Any]):
    """Grants and permits that would end, and whom `told_first` begins to name: those whom the ending grants name."""

    scope = serializers.CharField()
    grants = serializers.IntegerField()
    by_after_end = serializers.DictField(child=serializers.IntegerField())
    permits = serializers.IntegerField()
    told = serializers.IntegerField()
    told_first = serializers.ListField(child=serializers.CharField())
    final = serializers.BooleanField(help_text="It cannot be taken back.")


class VideoPart(serializers.Serializer[Any]):
    """Videos by what the grants say of the time after the end, remixes included; render jobs that would stop."""

    shown = serializers.DictField(child=serializers.IntegerField())
    under_way = serializers.DictField(child=serializers.IntegerField())
    jobs = serializers.IntegerField()
    clients = serializers.IntegerField()
    clients_first = serializers.ListField(child=serializers.CharField())


class WithdrawalPreviewAnswer(serializers.Serializer[Any]):
    """Numbers as of now; the withdrawal itself counts again."""

    consent = ConsentPart()
    videos = VideoPart()


class WithdrawalPreview(APIView):
    """The preview."""

    scope = "withdrawals"
    parser_classes = (StrictJSONParser,)

    @extend_schema(operation_id="withdrawal_preview", request=WithdrawalBody, responses=WithdrawalPreviewAnswer)
    def post(self, request: Request) -> Response:
        """Say what a withdrawal with this body would do. Changes nothing."""
        body = WithdrawalBody(data=request.data)
        body.is_valid(raise_exception=True)
        aim = _aim(body.validated_data, party_of(request))
        found = preview.described(preview.preview(aim))
        videos = consequences.described(consequences.consequences(aim))
        answer = Response(WithdrawalPreviewAnswer({"consent": found, "videos": videos}).data)
        answer["Cache-Control"] = "no-store"
        return answer


def _aim(sent: dict[str, UUID], me: Party) -> Aim:
    likeness = Likeness.objects.filter(pk=sent["likeness"]).first() if "likeness" in sent else None
    grant = Grant.objects.filter(pk=sent["grant"]).first() if "grant" in sent else None
    party = Party.objects.filter(pk=sent["party"]).first() if "party" in sent else None
    if "likeness" in sent and likeness is None:
        raise likenesses.missing("/likeness")
    if "grant" in sent and grant is None:
        raise grants.missing("/grant")
    if "party" in sent and party is None:
        raise exclusions.invalid()
    return Aim(me, likeness, grant, party)
