"""Where render services redeem permits."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import NotAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from consent import permits, scopes
from consent.api.authentication import RenderService, ServiceAuthentication
from consent.api.body import Body, StrictJSONParser
from consent.permit import MAX_TOKEN


class RedeemBody(Body):
    """A permit, as it came with the order."""

    permit = serializers.CharField(max_length=MAX_TOKEN)


class RedeemAnswer(serializers.Serializer[Any]):
    """The permit is used now, and this render may begin."""

    permit = serializers.UUIDField(source="pk")
    job = serializers.UUIDField()
    redeemed_at = serializers.DateTimeField()


class RedeemView(APIView):
    """Gate 2."""

    scope = scopes.SERVICE
    authentication_classes = (ServiceAuthentication,)
    parser_classes = (StrictJSONParser,)

    @extend_schema(operation_id="permit_redeem", request=RedeemBody, responses=RedeemAnswer)
    def post(self, request: Request) -> Response:
        """Redeem a permit as the render begins. Any answer but 200 means: do not render."""
        if not isinstance(request.user, RenderService):
            raise NotAuthenticated
        body = RedeemBody(data=request.data)
        body.is_valid(raise_exception=True)
        permit = permits.redeem(body.validated_data["permit"], service=request.user.name)
        return Response(RedeemAnswer(permit).data)
