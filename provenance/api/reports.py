"""What an end of consent did to videos."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import Q
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from consent.api.authentication import party_of
from consent.api.withdrawals import WithdrawalMissing
from consent.models import Withdrawal
from provenance import stops
from provenance.api.pages import MOST
from provenance.asked import RequestInvalid
from provenance.models import Stop

PARAMETERS = [OpenApiParameter("after", OpenApiTypes.INT, description="The `next` of the page before.")]


class StoppedVideo(serializers.Serializer[Any]):
    """One video that it concerned."""

    id = serializers.UUIDField()
    became = serializers.ChoiceField(choices=Stop.Outcome.choices)
    files = serializers.ChoiceField(choices=["none", "deleted", "there"])


class WithdrawalReport(serializers.Serializer[Any]):
    """How far a withdrawal has come, and what it did. The counts grow until the followers have been here."""

    withdrawal = serializers.UUIDField()
    accepted_at = serializers.DateTimeField()
    effective_at = serializers.DateTimeField(allow_null=True, help_text="Null: accepted, not yet effective.")
    withheld = serializers.IntegerField(help_text="Videos that are shown no more.")
    kept = serializers.IntegerField(help_text="Published videos that one's own clause keeps.")
    blocked = serializers.IntegerField()
    deleted = serializers.IntegerField(help_text="Of the withheld: their files are removed.")
    to_delete = serializers.IntegerField(help_text="Of the withheld: their files are to be removed.")
    told = serializers.IntegerField(help_text="Parties that were told.")
    data = StoppedVideo(many=True)  # type: ignore[assignment]  # the member's name, which the base class uses too
    next = serializers.IntegerField(allow_null=True, help_text="Null: there is no further page.")


class WithdrawalReportView(APIView):
    """The report of one withdrawal, for who made it and for who holds the likeness."""

    scope = "withdrawals"

    @extend_schema(operation_id="withdrawal_report", parameters=PARAMETERS, responses=WithdrawalReport)
    def get(self, request: Request, withdrawal: UUID) -> Response:
        """Count what it stopped and kept, and list the videos by pages."""
        party = party_of(request)
        mine = Withdrawal.objects.filter(Q(likeness__holder=party) | Q(actor=party.actor))
        found = mine.filter(pk=withdrawal).first()
        if found is None:
            raise WithdrawalMissing("There is no such withdrawal of yours.", remedy="Use the id that you were given.")
        listed = stops.lines(found.entry_id, after=_after(request.query_params.get("after", "0")), limit=MOST + 1)
        shown = listed[:MOST]
        told = {"withdrawal": found.pk, "accepted_at": found.accepted_at, "effective_at": found.effective_at}
        told |= stops.report(found.entry_id) | {"data": [_line(each) for each in shown]}
        return Response(WithdrawalReport(told | {"next": shown[-1].pk if len(listed) > MOST else None}).data)


def _line(stop: Stop) -> dict[str, Any]:
    made = hasattr(stop.video, "stamp")
    files = "there" if stop.video.path else "deleted" if made else "none"
    return {"id": stop.video_id, "became": stop.outcome, "files": files}


def _after(text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 18:  # noqa: PLR2004 - digits of a 64-bit number
        raise RequestInvalid("`after` cannot be used.", pointer="/after", remedy="Send a `next`.")
    return int(text)
