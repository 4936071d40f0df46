"""Offer licences, accept them, end them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from consent import clock, grants, keys, licence_offers, licences, signing
from consent.api import pages
from consent.api.authentication import party_of
from consent.api.body import Base64Url, Body, Moment, StrictJSONParser, Uuid
from consent.api.keys import SignedBody
from consent.models import Grant, Licence, LicenceOffer, Party
from ledger.canonical import digest


class OfferBody(Body):
    """What to offer. `licensee` left out or null: to anybody whom the grant permits."""

    grant = Uuid()
    licensee = Uuid(required=False, allow_null=True)
    expires_at = Moment()
    terms = serializers.DictField(help_text="Terms of a licence, version 1.")


class OfferAnswer(serializers.Serializer[Any]):
    """An offer, for who made it and for those to whom it is made."""

    id = serializers.UUIDField()
    grant = serializers.UUIDField(source="grant_id")
    likeness = serializers.UUIDField(source="likeness_id")
    licensor = serializers.UUIDField(source="licensor_id")
    licensee = serializers.UUIDField(source="licensee_id", allow_null=True)
    terms = serializers.DictField()
    state = serializers.ChoiceField(choices=["open", "accepted", "withdrawn", "expired"])
    created_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField()
    entry = serializers.UUIDField(source="entry_id")


class OfferListAnswer(serializers.Serializer[Any]):
    """One page."""

    items = OfferAnswer(many=True)
    next = serializers.CharField(allow_null=True)


class LicenceDraftBody(Body):
    """Which offer to accept, and with which key of one's own."""

    key = serializers.CharField(max_length=64)


class LicenceDraftAnswer(serializers.Serializer[Any]):
    """The document to sign, and the 32 bytes that the signature covers."""

    document = serializers.DictField()
    digest = Base64Url()


class LicenceBody(SignedBody):
    """A signed agreement: with the `signature` of an app key, or the `evidence` of a passkey."""

    document = serializers.DictField()
    signature = Base64Url(required=False, help_text='Ed25519 over digest("licence", document).')


class LicenceAnswer(serializers.Serializer[Any]):
    """A licence, for its two parties. `document` is {} once one of them was erased."""

    id = serializers.UUIDField()
    offer = serializers.UUIDField(source="offer_id")
    grant = serializers.UUIDField(source="grant_id")
    likeness = serializers.UUIDField(source="likeness_id")
    licensor = serializers.UUIDField(source="licensor_id")
    licensee = serializers.UUIDField(source="licensee_id")
    document = serializers.DictField()
    agreed_at = serializers.DateTimeField()
    ended_at = serializers.DateTimeField(allow_null=True)
    entry = serializers.UUIDField(source="entry_id")


class LicenceListAnswer(serializers.Serializer[Any]):
    """One page."""

    items = LicenceAnswer(many=True)
    next = serializers.CharField(allow_null=True)


class OffersView(APIView):
    """Offers of licences."""

    scope = "licences"
    parser_classes = (StrictJSONParser,)

    @extend_schema(operation_id="licence_offer_make", request=OfferBody, responses={201: OfferAnswer})
    def post(self, request: Request) -> Response:
        """Offer a licence of what one granted."""
        body = OfferBody(data=request.data)
        body.is_valid(raise_exception=True)
        me, sent = party_of(request), body.validated_data
        grant = Grant.objects.filter(pk=sent["grant"], grantor=me).first()
        if grant is None:
            raise grants.missing("/grant")
        licensee = _party(sent.get("licensee"))
        made = licence_offers.offer(grant, sent["terms"], licensee=licensee, expires_at=sent["expires_at"], actor=me)
        made.refresh_from_db()
        return Response(_offer(made), status=201)

    @extend_schema(operation_id="licence_offer_list", parameters=pages.PARAMETERS, responses=OfferListAnswer)
    def get(self, request: Request) -> Response:
        """List the offers that one made, that were made to one, and that are open to anybody, newest first."""
        items, following = pages.page(request, licence_offers.visible(party_of(request)), "created_at")
        return Response({"items": [_offer(one) for one in items], "next": following})


class OfferView(APIView):
    """One offer."""

    scope = "licences"
    parser_classes = (StrictJSONParser,)

    @extend_schema(operation_id="licence_offer_show", responses=OfferAnswer)
    def get(self, request: Request, offer: UUID) -> Response:
        """Show it."""
        return Response(_offer(_visible(offer, party_of(request))))

    @extend_schema(operation_id="licence_offer_withdraw", responses=OfferAnswer)
    def delete(self, request: Request, offer: UUID) -> Response:
        """Take it back."""
        me = party_of(request)
        return Response(_offer(licence_offers.withdraw_offer(_visible(offer, me), actor=me)))

    @extend_schema(operation_id="licence_draft", request=LicenceDraftBody, responses=LicenceDraftAnswer)
    def post(self, request: Request, offer: UUID) -> Response:
        """Make the document by which one accepts it. Nothing is recorded."""
        body = LicenceDraftBody(data=request.data)
        body.is_valid(raise_exception=True)
        me = party_of(request)
        key = keys.usable(me, body.validated_data["key"])
        document = licences.draft(_visible(offer, me), key=key, actor=me)
        return Response(LicenceDraftAnswer({"document": document, "digest": digest("licence", document)}).data)


class LicencesView(APIView):
    """One's licences."""

    scope = "licences"
    parser_classes = (StrictJSONParser,)

    @extend_schema(operation_id="licence_accept", request=LicenceBody, responses={201: LicenceAnswer})
    def post(self, request: Request) -> Response:
        """Accept an offer by a signed document."""
        body = LicenceBody(data=request.data)
        body.is_valid(raise_exception=True)
        sent = body.validated_data
        signature: bytes | None = sent.get("signature")
        signing.check_length(signature)
        made = licences.accept(sent["document"], signature, evidence=sent.get("evidence"), actor=party_of(request))
        return Response(LicenceAnswer(made).data, status=201)

    @extend_schema(operation_id="licence_list", parameters=pages.PARAMETERS, responses=LicenceListAnswer)
    def get(self, request: Request) -> Response:
        """List the licences that one gave or holds, newest first."""
        items, following = pages.page(request, licences.visible(party_of(request)), "agreed_at")
        return Response(LicenceListAnswer({"items": items, "next": following}).data)


class LicenceView(APIView):
    """One licence, for its parties; for everybody else it does not exist."""

    scope = "licences"

    @extend_schema(operation_id="licence_show", responses=LicenceAnswer)
    def get(self, request: Request, licence: UUID) -> Response:
        """Show it."""
        return Response(LicenceAnswer(_mine(licence, party_of(request))).data)

    @extend_schema(operation_id="licence_end", responses=LicenceAnswer)
    def delete(self, request: Request, licence: UUID) -> Response:
        """End it. What accrued before stays owed."""
        me = party_of(request)
        return Response(LicenceAnswer(licences.end(_mine(licence, me), actor=me)).data)


def _party(pk: UUID | None) -> Party | None:
    if pk is None:
        return None
    found = Party.objects.filter(pk=pk, erased_at=None).first()
    if found is None:
        remedy = "Look the party up by its handle."
        raise licence_offers.LicenceRefused("There is no such party.", pointer="/licensee", remedy=remedy)
    return found


def _visible(pk: UUID, me: Party) -> LicenceOffer:
    found = licence_offers.visible(me).filter(pk=pk).first()
    if found is None:
        raise licence_offers.missing()
    return found


def _mine(pk: UUID, me: Party) -> Licence:
    found = licences.visible(me).filter(pk=pk).first()
    if found is None:
        raise licences.missing()
    return found


def _offer(row: LicenceOffer) -> dict[str, Any]:
    """Show an offer as it is now: that it has expired is a matter of the clock."""
    return {**OfferAnswer(row).data, "state": licence_offers.state_of(row, clock.now())}
