"""Videos that wait for one's yes."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from consent import approvals
from consent.api import pages
from consent.api.authentication import party_of
from consent.api.body import Body, QueryInvalid, StrictJSONParser
from consent.models import Approval

STATE = OpenApiParameter(
    "state", OpenApiTypes.STR, enum=list(Approval.State.values), description="`pending` if left out."
)


class AnswerBody(Body):
    """The answer."""

    decision = serializers.ChoiceField(choices=["yes", "no"])


class ApprovalAnswer(serializers.Serializer[Any]):
    """One question. The video is at `/v1/videos/{video}`, and may be looked at while this is pending."""

    id = serializers.UUIDField()
    video = serializers.UUIDField()
    likeness = serializers.UUIDField(source="grant.likeness_id")
    grant = serializers.UUIDField(source="grant_id")
    client = serializers.UUIDField(source="permit.decision.client_id")
    purpose = serializers.CharField(source="permit.decision.use.purpose", default="", help_text="Empty: erased.")
    state = serializers.ChoiceField(choices=Approval.State.choices)
    asked_at = serializers.DateTimeField()
    due_at = serializers.DateTimeField(help_text="Without an answer it is a no then.")
    decided_at = serializers.DateTimeField(allow_null=True)
    entry = serializers.UUIDField(source="entry_id")


class ApprovalListAnswer(serializers.Serializer[Any]):
    """One page, the one due first above."""

    items = ApprovalAnswer(many=True)
    next = serializers.CharField(allow_null=True)


class ApprovalsView(APIView):
    """What one was asked."""

    scope = "approvals"

    @extend_schema(operation_id="approval_list", parameters=[STATE, *pages.PARAMETERS], responses=ApprovalListAnswer)
    def get(self, request: Request) -> Response:
        """List what waits for an answer, the one due first above; with `state`, what has one."""
        state = request.query_params.get("state", Approval.State.PENDING)
        if state not in Approval.State.values:
            remedy = f"Use one of: {', '.join(Approval.State.values)}."
            raise QueryInvalid("There is no such state.", pointer="state", remedy=remedy)
        mine = approvals.likenesses_of(party_of(request))
        rows = Approval.objects.select_related("grant", "permit__decision").filter(
            grant__likeness__in=mine, state=state
        )
        items, following = pages.page(request, rows, "due_at", ascending=True)
        return Response(ApprovalListAnswer({"items": items, "next": following}).data)


class ApprovalView(APIView):
    """One question."""

    scope = "approvals"
    parser_classes = (StrictJSONParser,)

    @extend_schema(operation_id="approval_answer", request=AnswerBody, responses=ApprovalAnswer)
    def post(self, request: Request, approval: UUID) -> Response:
        """Say yes or no. Nobody needs a reason, and silence is a no."""
        body = AnswerBody(data=request.data)
        body.is_valid(raise_exception=True)
        found = Approval.objects.select_related("grant").filter(pk=approval).first()
        if found is None:
            raise approvals.missing()
        answer = approvals.give if body.validated_data["decision"] == "yes" else approvals.refuse
        return Response(ApprovalAnswer(answer(found, actor=party_of(request))).data)
