"""Protect the names of one's own likeness: prompts that use them without declaring it are refused."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from consent import likenesses, register
from consent.api import pages
from consent.api.authentication import party_of
from consent.api.body import Body, StrictJSONParser, Uuid
from consent.models import ProtectedName
from ledger import log
from ledger.subjectkeys import Erased

if TYPE_CHECKING:
    from consent.models import Party


class Spelling(serializers.CharField):
    """One spelling of a name, as text; REST framework would read a number as one too."""

    def to_internal_value(self, data: Any) -> Any:  # noqa: ANN401 - REST framework's signature
        """Read text only."""
        if not isinstance(data, str):
            raise serializers.ValidationError("Send a name as text.")
        return super().to_internal_value(data)


class ProtectedNameBody(Body):
    """Which names to protect. With `aliases` a prompt is held; `names` are refused at once."""

    likeness = Uuid()
    names = serializers.ListField(child=Spelling(max_length=register.MAX_LENGTH), max_length=register.MAX_SPELLINGS)
    aliases = serializers.ListField(
        child=Spelling(max_length=register.MAX_LENGTH), max_length=register.MAX_SPELLINGS, required=False
    )


class ProtectedNameAnswer(serializers.Serializer[Any]):
    """A protection of one's own. The names are read from what was sealed under one's own key."""

    id = serializers.UUIDField()
    likeness = serializers.UUIDField()
    ground = serializers.ChoiceField(choices=ProtectedName.Ground.choices)
    names = serializers.ListField(child=serializers.CharField())
    aliases = serializers.ListField(child=serializers.CharField())
    created_at = serializers.DateTimeField()
    ended_at = serializers.DateTimeField(allow_null=True)
    entry = serializers.UUIDField()


class ProtectedNameListAnswer(serializers.Serializer[Any]):
    """One page."""

    items = ProtectedNameAnswer(many=True)
    next = serializers.CharField(allow_null=True)


class ProtectedNamesView(APIView):
    """One's protected names."""

    scope = "names"
    parser_classes = (StrictJSONParser,)

    @extend_schema(operation_id="protected_name_add", request=ProtectedNameBody, responses={201: ProtectedNameAnswer})
    def post(self, request: Request) -> Response:
        """Protect names of a likeness of one's own."""
        body = ProtectedNameBody(data=request.data)
        body.is_valid(raise_exception=True)
        me, sent = party_of(request), body.validated_data
        likeness = likenesses.owned(sent["likeness"], holder=me, pointer="/likeness")
        ground = register.ground_of(likeness)
        name = register.protect(sent["names"], sent.get("aliases", ()), ground=ground, likeness=likeness, actor=me)
        name.refresh_from_db()
        return Response(_shown(name), status=201)

    @extend_schema(operation_id="protected_name_list", parameters=pages.PARAMETERS, responses=ProtectedNameListAnswer)
    def get(self, request: Request) -> Response:
        """List them, newest first."""
        items, following = pages.page(request, _mine(party_of(request)), "created_at")
        return Response(ProtectedNameListAnswer({"items": [_shown(name) for name in items], "next": following}).data)


class ProtectedNameView(APIView):
    """One protection, for whoever holds the likeness; for everybody else it does not exist."""

    scope = "names"

    @extend_schema(operation_id="protected_name_end", responses=ProtectedNameAnswer)
    def delete(self, request: Request, name: UUID) -> Response:
        """End it."""
        me = party_of(request)
        found = _mine(me).filter(pk=name).first()
        if found is None:
            raise register.missing()
        return Response(_shown(register.unprotect(found, actor=me)))


def _mine(me: Party) -> Any:  # noqa: ANN401 - a query set
    return ProtectedName.objects.filter(likeness__holder=me).select_related("entry__sealed__subject_key")


def _shown(name: ProtectedName) -> dict[str, Any]:
    try:
        sealed = json.loads(log.opening(name.entry).payload)["payload"]
    except Erased:  # protected by who held the likeness before
        sealed = {"spellings": [], "aliases": []}
    row = {field: getattr(name, field) for field in ("id", "ground", "created_at", "ended_at")}
    row |= {"likeness": name.likeness_id, "entry": name.entry_id}
    return ProtectedNameAnswer({**row, "names": sealed["spellings"], "aliases": sealed["aliases"]}).data
