"""Ask for a challenge, which a new passkey answers to show that its owner holds it."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from consent import challenges, scopes


class ChallengeAnswer(serializers.Serializer[Any]):
    """A text that goes into what the new passkey signs. It is good for one answer."""

    challenge = serializers.CharField(source="text")
    expires_at = serializers.DateTimeField()


class ChallengesView(APIView):
    """Challenges."""

    scope = scopes.PUBLIC
    permission_classes = (AllowAny,)  # who signs up with a passkey is a stranger still

    @extend_schema(operation_id="challenge_issue", request=None, responses={201: ChallengeAnswer})
    def post(self, request: Request) -> Response:
        """Issue a challenge. Nothing is recorded."""
        del request
        answer = Response(ChallengeAnswer(challenges.issue()).data, status=201)
        answer["Cache-Control"] = "no-store"
        return answer
