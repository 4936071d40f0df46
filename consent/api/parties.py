"""Sign up, see oneself, look up whom to name, and be erased."""

from __future__ import annotations

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.permissions import AllowAny, BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from consent import parties, scopes
from consent.api.authentication import party_of
from consent.api.body import Body, QueryInvalid, StrictJSONParser
from consent.api.erasure import ErasureBody, ReceiptAnswer, erase
from consent.api.keys import KeyAnswer, KeyBody, proof_of
from consent.api.permission import ScopePermission
from consent.models import Party


class PartyBody(Body):
    """A sign-up."""

    handle = serializers.CharField(max_length=39)
    name = serializers.CharField(max_length=parties.MAX_NAME, trim_whitespace=False)
    kind = serializers.ChoiceField(choices=Party.Kind.choices)
    key = KeyBody()


class NamedAnswer(serializers.Serializer[Any]):
    """What everybody who is signed in may know of a party: enough to name it in an audience."""

    id = serializers.UUIDField()
    handle = serializers.CharField()
    name = serializers.CharField()
    kind = serializers.CharField()


class PartyAnswer(NamedAnswer):
    """What a party sees of itself."""

    keys = KeyAnswer(many=True)
    created_at = serializers.DateTimeField()
    entry = serializers.UUIDField(source="entry_id")


class RegisteredAnswer(serializers.Serializer[Any]):
    """The party, and its token: shown this once, stored nowhere."""

    party = PartyAnswer()
    token = serializers.CharField()


class NamedListAnswer(serializers.Serializer[Any]):
    """None or one."""

    items = NamedAnswer(many=True)


class PartiesView(APIView):
    """Open sign-up; and the look-up of a handle for those who are signed in."""

    scope = scopes.by(GET="parties:read", POST=scopes.PUBLIC)
    parser_classes = (StrictJSONParser,)

    def get_permissions(self) -> list[BasePermission]:
        """Let strangers sign up, and nothing else."""
        return [AllowAny()] if self.request.method == "POST" else [ScopePermission()]

    @extend_schema(operation_id="party_register", request=PartyBody, responses={201: RegisteredAnswer})
    def post(self, request: Request) -> Response:
        """Register a party with its first key."""
        body = PartyBody(data=request.data)
        body.is_valid(raise_exception=True)
        sent = body.validated_data
        party, token = parties.register_party(
            handle=sent["handle"],
            name=sent["name"],
            kind=sent["kind"],
            public=sent["key"]["public"],
            proof=proof_of(sent["key"]),
        )
        answer = Response(RegisteredAnswer({"party": _with_keys(party), "token": token}).data, status=201)
        answer["Cache-Control"] = "no-store"
        return answer

    @extend_schema(
        operation_id="party_find",
        parameters=[OpenApiParameter("handle", OpenApiTypes.STR, required=True)],
        responses=NamedListAnswer,
    )
    def get(self, request: Request) -> Response:
        """Find the party with exactly this handle."""
        handle = request.query_params.get("handle")
        if not handle or not parties.HANDLE.fullmatch(handle):
            raise QueryInvalid("A whole handle is required.", pointer="handle", remedy="Send ?handle=<handle>.")
        return Response(NamedListAnswer({"items": Party.objects.filter(handle=handle, erased_at=None)}).data)


class MeView(APIView):
    """Oneself."""

    scope = scopes.by(GET="parties:read", DELETE="account")
    parser_classes = (StrictJSONParser,)

    @extend_schema(operation_id="party_me", responses=PartyAnswer)
    def get(self, request: Request) -> Response:
        """Show the calling party and its keys."""
        return Response(PartyAnswer(_with_keys(party_of(request))).data)

    @extend_schema(operation_id="party_erase", request=ErasureBody, responses=ReceiptAnswer)
    def delete(self, request: Request) -> Response:
        """Erase the calling party; `confirm` comes from the preview at `parties/me/erasure`."""
        return erase(request)


def _with_keys(party: Party) -> dict[str, Any]:
    return {
        "id": party.pk,
        "handle": party.handle,
        "name": party.name,
        "kind": party.kind,
        "keys": party.keys.order_by("created_at", "pk"),
        "created_at": party.created_at,
        "entry_id": party.entry_id,
    }
