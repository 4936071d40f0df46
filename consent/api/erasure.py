"""Be forgotten: see what would go, confirm it, and keep the receipt."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from consent import erasure
from consent.api.authentication import party_of
from consent.api.body import Body
from consent.erasure import Preview, Receipt


class ErasureBody(Body):
    """The confirmation that the preview gave."""

    confirm = serializers.CharField(max_length=2000)


class RemainsAnswer(serializers.Serializer[Any]):
    """Something that stays, and why."""

    what = serializers.CharField()
    why = serializers.CharField()


class PreviewAnswer(serializers.Serializer[Any]):
    """What would be destroyed now, what would stay, and the token that confirms it until then."""

    destroys = serializers.DictField(child=serializers.IntegerField())
    remains = RemainsAnswer(many=True)
    confirm = serializers.CharField()
    confirm_until = serializers.DateTimeField()


class OpeningAnswer(serializers.Serializer[Any]):
    """What the entry's commitment covers, in base64url; it is given this once."""

    salt = serializers.CharField()
    payload = serializers.CharField()


class ReceiptAnswer(serializers.Serializer[Any]):
    """The receipt: the entry that anybody finds in the log, what went, what stays, and until when backups last."""

    party = serializers.UUIDField()
    erased_at = serializers.DateTimeField()
    entry = serializers.CharField(help_text="The commitment of the entry subject.erased.")
    opening = OpeningAnswer()
    destroyed = serializers.DictField(child=serializers.IntegerField())
    remains = RemainsAnswer(many=True)
    backups_until = serializers.DateTimeField()


class ErasureView(APIView):
    """The preview of one's erasure."""

    scope = "account"

    @extend_schema(operation_id="erasure_preview", responses=PreviewAnswer)
    def get(self, request: Request) -> Response:
        """Say what would be destroyed. Changes nothing."""
        me = party_of(request)
        answer = Response(PreviewAnswer(_preview(erasure.preview(me, actor=me))).data)
        answer["Cache-Control"] = "no-store"
        return answer


def erase(request: Request) -> Response:
    """Erase the calling party, and answer with the receipt: the token that asked is gone with the rest."""
    body = ErasureBody(data=request.data)
    body.is_valid(raise_exception=True)
    me = party_of(request)
    erasure.check_confirmation(me, body.validated_data["confirm"])
    answer = Response(ReceiptAnswer(_receipt(erasure.erase_party(me, actor=me))).data)
    answer["Cache-Control"] = "no-store"
    return answer


def _preview(found: Preview) -> dict[str, Any]:
    return {
        "destroys": found.destroys,
        "remains": _remains(),
        "confirm": found.confirm,
        "confirm_until": found.until,
    }


def _receipt(receipt: Receipt) -> dict[str, Any]:
    return {
        "party": receipt.party,
        "erased_at": receipt.erased_at,
        "entry": receipt.entry.commit_text,
        "opening": receipt.opening,
        "destroyed": receipt.destroyed,
        "remains": _remains(),
        "backups_until": receipt.backups_until,
    }


def _remains() -> list[dict[str, str]]:
    return [{"what": what, "why": why} for what, why in erasure.REMAINS]
