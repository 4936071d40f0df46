"""Draft, record and list grants."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import Q
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from consent import amendments, grants, keys, likenesses, scopes, signing
from consent.api import pages
from consent.api.authentication import party_of
from consent.api.body import Base64Url, Body, StrictJSONParser, Uuid
from consent.api.keys import SignedBody
from consent.models import Grant, Likeness
from consent.standing import standing
from ledger.canonical import digest


class DraftBody(Body):
    """What to grant, and with which key it will be signed."""

    likeness = Uuid()
    key = serializers.CharField(max_length=64, help_text="A key id of one's own.")
    terms = serializers.DictField(help_text="Terms, version 1 or 2.")
    language = serializers.ChoiceField(choices=["en", "es"], default="en", help_text="Of the text to show.")
    supersedes = Uuid(required=False, help_text="The grant that this one is to replace.")


class DraftAnswer(serializers.Serializer[Any]):
    """The document to sign, the text to show first, and the 32 bytes that the signature covers."""

    document = serializers.DictField()
    text = serializers.CharField(trim_whitespace=False)
    digest = Base64Url()


class GrantBody(SignedBody):
    """A signed statement: with the `signature` of an app key, or the `evidence` of a passkey."""

    document = serializers.DictField()
    signature = Base64Url(required=False, help_text='Ed25519 over digest("grant", document).')
    evidence = serializers.DictField(
        required=False, help_text="Assertion of the passkey; its challenge is the same digest."
    )


class NarrowBody(Body):
    """The whole terms as they are to be from now on."""

    terms = serializers.DictField(help_text="Terms, version 2.")


class GrantAnswer(serializers.Serializer[Any]):
    """A grant, for its grantor and for those whom it names."""

    id = serializers.UUIDField()
    likeness = serializers.UUIDField(source="likeness_id")
    grantor = serializers.UUIDField(source="grantor_id")
    terms = serializers.DictField()
    standing = serializers.CharField()
    created_at = serializers.DateTimeField()
    ended_at = serializers.DateTimeField(allow_null=True)
    entry = serializers.UUIDField(source="entry_id")


class GrantListAnswer(serializers.Serializer[Any]):
    """One page."""

    items = GrantAnswer(many=True)
    next = serializers.CharField(allow_null=True)


class DraftView(APIView):
    """Grants to come."""

    scope = "grants"
    parser_classes = (StrictJSONParser,)

    @extend_schema(operation_id="grant_draft", request=DraftBody, responses=DraftAnswer)
    def post(self, request: Request) -> Response:
        """Make the document to show and sign. Nothing is recorded."""
        body = DraftBody(data=request.data)
        body.is_valid(raise_exception=True)
        me, sent = party_of(request), body.validated_data
        key = keys.usable(me, sent["key"])  # asked first: of the likeness nothing is learned from the order
        likeness = Likeness.objects.filter(pk=sent["likeness"]).first()
        if likeness is None:
            raise likenesses.missing("/likeness")
        document = grants.draft(
            likeness,
            sent["terms"],
            key=key,
            language=sent["language"],
            supersedes=sent.get("supersedes"),
            actor=me,
        )
        text = grants.shown_text(document)
        return Response(DraftAnswer({"document": document, "text": text, "digest": digest("grant", document)}).data)


class GrantsView(APIView):
    """The grants that one has given."""

    scope = scopes.by(GET="grants:read", POST="grants")
    parser_classes = (StrictJSONParser,)

    @extend_schema(operation_id="grant_record", request=GrantBody, responses={201: GrantAnswer})
    def post(self, request: Request) -> Response:
        """Record a signed statement."""
        body = GrantBody(data=request.data)
        body.is_valid(raise_exception=True)
        sent = body.validated_data
        signature: bytes | None = sent.get("signature")
        signing.check_length(signature)
        grant = grants.record_grant(sent["document"], signature, evidence=sent.get("evidence"), actor=party_of(request))
        grant.refresh_from_db()
        return Response(GrantAnswer(_shown([grant])[0]).data, status=201)

    @extend_schema(operation_id="grant_list", parameters=pages.PARAMETERS, responses=GrantListAnswer)
    def get(self, request: Request) -> Response:
        """List one's grants, newest first."""
        items, following = pages.page(request, Grant.objects.filter(grantor=party_of(request)), "created_at")
        return Response(GrantListAnswer({"items": _shown(items), "next": following}).data)


class GrantView(APIView):
    """One grant, for its grantor and for those whom it names; for everybody else it does not exist."""

    scope = scopes.by(GET="grants:read", PATCH="grants")
    parser_classes = (StrictJSONParser,)

    @extend_schema(operation_id="grant_narrow", request=NarrowBody, responses=GrantAnswer)
    def patch(self, request: Request, grant: UUID) -> Response:
        """Make it smaller, at once and without a signature; what reaches further is refused clause by clause."""
        body = NarrowBody(data=request.data)
        body.is_valid(raise_exception=True)
        found = Grant.objects.filter(pk=grant).first()
        if found is None:
            raise grants.missing("/grant")
        amendments.narrow(found, body.validated_data["terms"], actor=party_of(request))
        found.refresh_from_db()
        return Response(GrantAnswer(_shown([found])[0]).data)

    @extend_schema(operation_id="grant_show", responses=GrantAnswer)
    def get(self, request: Request, grant: UUID) -> Response:
        """Show it."""
        me = party_of(request)
        named = Q(terms__audience__parties__contains=[{"party": str(me.pk)}])
        found = Grant.objects.filter(Q(grantor=me) | named, pk=grant).first()
        if found is None:
            raise grants.missing()
        return Response(GrantAnswer(_shown([found])[0]).data)


def _shown(rows: list[Grant]) -> list[dict[str, Any]]:
    """Add to each row what it is worth now; one query for all."""
    now = standing([row.pk for row in rows])
    return [
        {
            "id": row.pk,
            "likeness_id": row.likeness_id,
            "grantor_id": row.grantor_id,
            "terms": row.terms,
            "standing": str(now[row.pk]),
            "created_at": row.created_at,
            "ended_at": row.ended_at,
            "entry_id": row.entry_id,
        }
        for row in rows
    ]
