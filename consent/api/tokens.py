"""One's tokens: make, list, rotate, revoke. A token is in an answer once, when it is made."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from consent import scopes, tokens
from consent.api import pages
from consent.api.authentication import held_by, party_of
from consent.api.body import Body, StrictJSONParser
from consent.models import ApiToken

NO_STORE = {"Cache-Control": "no-store"}


class ScopesField(serializers.ListField):
    """Names of scopes; at least one."""

    child = serializers.ChoiceField(choices=list(scopes.ORDER))


class TokenBody(Body):
    """A name to know it by. `scopes` left out: all that the caller may. `expires_at` left out: no end."""

    name = serializers.CharField(max_length=tokens.MAX_NAME, trim_whitespace=False)
    scopes = ScopesField(required=False, min_length=1, max_length=len(scopes.ORDER))
    expires_at = serializers.DateTimeField(required=False)


class RotateBody(Body):
    """For how many hours the old token stays good: 0 to 168, 24 if left out."""

    overlap_hours = serializers.IntegerField(required=False, min_value=0, max_value=tokens.MAX_OVERLAP)


class TokenAnswer(serializers.Serializer[Any]):
    """A token of one's own. `scopes` null: all that one may. `replaced_by`: the token that took its place."""

    id = serializers.UUIDField(source="public_id")
    name = serializers.CharField()
    scopes = serializers.SerializerMethodField()
    created_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField(allow_null=True)
    last_used_at = serializers.DateTimeField(allow_null=True, help_text="To the hour.")
    replaced_by = serializers.UUIDField(source="replaced_by.public_id", allow_null=True, default=None)
    entry = serializers.UUIDField(source="entry_id")

    def get_scopes(self, row: ApiToken) -> list[str] | None:
        """Split them."""
        return None if row.scope is None else row.scope.split()


class NewTokenAnswer(TokenAnswer):
    """A token, shown this once."""

    token = serializers.CharField()

    def to_representation(self, instance: tuple[ApiToken, str]) -> dict[str, Any]:
        """Join the two."""
        row, token = instance
        return {**TokenAnswer(row).data, "token": token}


class TokenListAnswer(serializers.Serializer[Any]):
    """One page."""

    items = TokenAnswer(many=True)
    next = serializers.CharField(allow_null=True)


class TokensView(APIView):
    """One's tokens that are good. Those that apps got by OAuth are on the page of apps."""

    scope = "tokens"
    parser_classes = (StrictJSONParser,)

    @extend_schema(operation_id="token_make", request=TokenBody, responses={201: NewTokenAnswer})
    def post(self, request: Request) -> Response:
        """Make one, good for no more than the caller's own."""
        body = TokenBody(data=request.data)
        body.is_valid(raise_exception=True)
        sent, held = body.validated_data, held_by(request)
        wanted = frozenset(sent["scopes"]) if "scopes" in sent else held
        made = tokens.make(sent["name"], wanted, actor=party_of(request), held=held, expires_at=sent.get("expires_at"))
        return Response(NewTokenAnswer(made).data, status=201, headers=NO_STORE)

    @extend_schema(operation_id="token_list", parameters=pages.PARAMETERS, responses=TokenListAnswer)
    def get(self, request: Request) -> Response:
        """List them, newest first."""
        rows = tokens.listed(party_of(request)).select_related("replaced_by")
        items, following = pages.page(request, rows, "created_at", key="public_id")
        return Response(TokenListAnswer({"items": items, "next": following}).data)


class TokenView(APIView):
    """One token; for everybody else it does not exist."""

    scope = "tokens"

    @extend_schema(operation_id="token_revoke", responses={204: None})
    def delete(self, request: Request, token: UUID) -> Response:
        """Make it good for nothing, at once and for good. It may be the one that asks."""
        tokens.revoke(token, actor=party_of(request))
        return Response(status=204)


class TokenRotationView(APIView):
    """Another token in one's place."""

    scope = "tokens"
    parser_classes = (StrictJSONParser,)

    @extend_schema(operation_id="token_rotate", request=RotateBody, responses={201: NewTokenAnswer})
    def post(self, request: Request, token: UUID) -> Response:
        """Make it. For a while both are good, so that no program stands still."""
        body = RotateBody(data=request.data)
        body.is_valid(raise_exception=True)
        hours: int = body.validated_data.get("overlap_hours", 24)
        made = tokens.rotate(token, hours, actor=party_of(request), held=held_by(request))
        return Response(NewTokenAnswer(made).data, status=201, headers=NO_STORE)
