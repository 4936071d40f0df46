"""Undo what was done in one's name since a moment."""

from __future__ import annotations

import logging
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from consent import revocations, undo
from consent.api.authentication import party_of
from consent.api.body import Body, Moment, StrictJSONParser
from consent.api.keys import SignedBody
from consent.undo import Undone
from ledger.canonical import canonical

log = logging.getLogger(__name__)
FIRST = 100  # ids of a kind that an answer names


class PreviewBody(Body):
    """Since when, and with which key it will be signed: one that was in use then."""

    since = Moment()
    key = serializers.CharField(max_length=64)


class UndoBody(SignedBody):
    """The document of the preview, signed as a grant is: digest("undo", document)."""

    document = serializers.DictField(child=serializers.CharField(max_length=64))


class FinalAnswer(serializers.Serializer[Any]):
    """What cannot be undone: the first of each kind, and what to do."""

    withdrawals = serializers.ListField(child=serializers.CharField())
    likenesses = serializers.ListField(child=serializers.CharField())
    keys = serializers.ListField(child=serializers.CharField())
    remedies = serializers.DictField(child=serializers.CharField())


class UndoneAnswer(serializers.Serializer[Any]):
    """`counts` are whole; of the ids there are the first hundred of each kind. `effective`: leases have run out."""

    since = serializers.DateTimeField()
    counts = serializers.DictField(child=serializers.IntegerField())
    grants = serializers.ListField(child=serializers.UUIDField())
    keys = serializers.ListField(child=serializers.CharField())
    exclusions = serializers.ListField(child=serializers.UUIDField())
    suspensions = serializers.ListField(child=serializers.UUIDField())
    final = FinalAnswer()
    document = serializers.DictField(allow_null=True, help_text="To be signed; only in a preview.")
    entry = serializers.UUIDField(allow_null=True)
    effective = serializers.BooleanField()


class PreviewView(APIView):
    """What would be undone."""

    scope = "pauses"
    parser_classes = (StrictJSONParser,)

    @extend_schema(operation_id="undo_preview", request=PreviewBody, responses=UndoneAnswer)
    def post(self, request: Request) -> Response:
        """Say so. Changes nothing."""
        body = PreviewBody(data=request.data)
        body.is_valid(raise_exception=True)
        me, sent = party_of(request), body.validated_data
        since = sent["since"].replace(microsecond=0)  # as the document spells it
        found = undo.preview(since, actor=me)
        return Response(_shown(found, document=undo.document(since, key=sent["key"], actor=me), effective=False))


class UndoView(APIView):
    """Undoing."""

    scope = "pauses"
    parser_classes = (StrictJSONParser,)

    @extend_schema(operation_id="undo", request=UndoBody, responses={200: UndoneAnswer, 202: UndoneAnswer})
    def post(self, request: Request) -> Response:
        """Undo, wait until it is effective, and say so; 202 if it cannot be confirmed yet."""
        body = UndoBody(data=request.data)
        body.is_valid(raise_exception=True)
        sent = body.validated_data
        signed = sent["signature"] if "signature" in sent else sent["evidence"]
        canonical(sent["document"])  # raises for what cannot be signed
        done = undo.undo_since(sent["document"], signed, actor=party_of(request))
        try:
            revocations.drain_all(done.effects)
        except Exception:
            log.exception("undoing %s is accepted and could not be confirmed", done.undo)
            return Response(_shown(done, document=None, effective=False), status=202)
        return Response(_shown(done, document=None, effective=True))


def _shown(found: Undone, *, document: dict[str, str] | None, effective: bool) -> dict[str, Any]:
    kinds = {name: getattr(found, name) for name in ("grants", "keys", "exclusions", "suspensions")}
    row: dict[str, Any] = {name: ids[:FIRST] for name, ids in kinds.items()}
    row |= {
        "since": found.since,
        "counts": {name: len(ids) for name, ids in kinds.items()},
        "final": {**found.final, "remedies": undo.REMEDIES},
        "document": document,
        "entry": None if found.undo is None else found.undo.entry_id,
        "effective": effective,
    }
    return UndoneAnswer(row).data
