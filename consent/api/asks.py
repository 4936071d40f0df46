"""Requests for a grant: made by an app, and answered by whoever decides about the likeness."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from consent import ask_letter, ask_refusals, asks, clock, exclusions, likenesses, scopes, signing
from consent.api import pages
from consent.api.authentication import party_of
from consent.api.body import Body, Flag, Moment, StrictJSONParser, Uuid
from consent.api.grants import GrantBody
from consent.models import Ask, AskRefusal, Likeness, Party

STATES: Final = list(Ask.State.values)


class AskBody(Body):
    """What to ask for. The proposed audience is oneself alone, and nobody else stands in the terms."""

    likeness = serializers.CharField(max_length=64, help_text="The id of a likeness, or `@` and a handle.")
    terms = serializers.DictField(help_text="Terms, version 2.")
    reason = serializers.CharField(
        max_length=ask_letter.MAX_REASON, trim_whitespace=False, help_text="One line, shown as your own words."
    )
    return_url = serializers.CharField(
        required=False, max_length=1000, help_text="https; where the person may go back to. Nothing is added to it."
    )
    expires_at = Moment(required=False, help_text="Within 30 days; a week from now if left out.")


class AskAnswer(serializers.Serializer[Any]):
    """A request as its app may know it: the same whether it was read, refused quietly, or reached nobody."""

    id = serializers.UUIDField()
    likeness = serializers.CharField(allow_null=True, help_text="As you named it. Null: forgotten.")
    terms = serializers.DictField(allow_null=True)
    reason = serializers.CharField(allow_null=True)
    return_url = serializers.CharField(allow_null=True)
    state = serializers.ChoiceField(choices=STATES)
    asked_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField()
    ended_at = serializers.DateTimeField(allow_null=True)
    grant = serializers.UUIDField(allow_null=True)
    entry = serializers.UUIDField()


class AskListAnswer(serializers.Serializer[Any]):
    """One page."""

    items = AskAnswer(many=True)
    next = serializers.CharField(allow_null=True)


class AskedByAnswer(serializers.Serializer[Any]):
    """Who asks."""

    id = serializers.UUIDField()
    handle = serializers.CharField()
    name = serializers.CharField()
    kind = serializers.CharField()


class ReceivedAnswer(serializers.Serializer[Any]):
    """A request to oneself. Draft a grant of its terms, or of narrower ones, and send it signed."""

    id = serializers.UUIDField()
    client = AskedByAnswer()
    likeness = serializers.UUIDField()
    terms = serializers.DictField(allow_null=True)
    reason = serializers.CharField(allow_null=True, help_text="A stranger's words.")
    return_url = serializers.CharField(allow_null=True)
    state = serializers.ChoiceField(choices=STATES)
    declined_at = serializers.DateTimeField(allow_null=True, help_text="The app knows of it only by the state.")
    asked_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField()
    grant = serializers.UUIDField(allow_null=True)
    entry = serializers.UUIDField()


class ReceivedListAnswer(serializers.Serializer[Any]):
    """One page."""

    items = ReceivedAnswer(many=True)
    next = serializers.CharField(allow_null=True)


class NoBody(Body):
    """How to say no. Left out, the app is told nothing, and may ask again."""

    tell = Flag(required=False)
    never_again = Flag(required=False, help_text="Takes nothing more from this app; it is not told, whatever `tell`.")


class RefusalBody(Body):
    """Which door to close. `client` left out or null: nobody may ask."""

    likeness = Uuid()
    client = Uuid(required=False, allow_null=True)


class ClosedDoorAnswer(serializers.Serializer[Any]):
    """A closed door."""

    id = serializers.UUIDField()
    likeness = serializers.UUIDField(source="likeness_id")
    client = serializers.UUIDField(source="client_id", allow_null=True)
    created_at = serializers.DateTimeField()
    lifted_at = serializers.DateTimeField(allow_null=True)
    entry = serializers.UUIDField(source="entry_id")


class RefusalListAnswer(serializers.Serializer[Any]):
    """One page."""

    items = ClosedDoorAnswer(many=True)
    next = serializers.CharField(allow_null=True)


class AsksView(APIView):
    """The requests that one made."""

    scope = "requests"
    parser_classes = (StrictJSONParser,)

    @extend_schema(operation_id="consent_request_make", request=AskBody, responses={201: AskAnswer})
    def post(self, request: Request) -> Response:
        """Ask a person for a grant. While it is open, the same request again is the same one."""
        body = AskBody(data=request.data)
        body.is_valid(raise_exception=True)
        sent = body.validated_data
        made = asks.ask(
            sent["likeness"],
            sent["terms"],
            reason=sent["reason"],
            return_url=sent.get("return_url"),
            expires_at=sent.get("expires_at"),
            actor=party_of(request),
        )
        return Response(AskAnswer(_made(made)).data, status=201)

    @extend_schema(operation_id="consent_request_list", parameters=pages.PARAMETERS, responses=AskListAnswer)
    def get(self, request: Request) -> Response:
        """List one's requests, newest first."""
        items, following = pages.page(request, asks.made_by(party_of(request)), "asked_at")
        return Response(AskListAnswer({"items": [_made(one) for one in items], "next": following}).data)


class AskView(APIView):
    """One of them."""

    scope = "requests"

    @extend_schema(operation_id="consent_request_show", responses=AskAnswer)
    def get(self, request: Request, ask: UUID) -> Response:
        """Show it."""
        return Response(AskAnswer(_made(self._mine(request, ask))).data)

    @extend_schema(operation_id="consent_request_withdraw", responses=AskAnswer)
    def delete(self, request: Request, ask: UUID) -> Response:
        """Take it back."""
        return Response(AskAnswer(_made(asks.withdraw(self._mine(request, ask), actor=party_of(request)))).data)

    @staticmethod
    def _mine(request: Request, ask: UUID) -> Ask:
        found = asks.made_by(party_of(request)).filter(pk=ask).first()
        if found is None:
            raise asks.missing()
        return found


class ReceivedListView(APIView):
    """The requests that reach oneself."""

    scope = "grants:read"

    @extend_schema(
        operation_id="consent_request_received_list", parameters=pages.PARAMETERS, responses=ReceivedListAnswer
    )
    def get(self, request: Request) -> Response:
        """List what one was asked for, newest first."""
        items, following = pages.page(request, asks.put_to(party_of(request)), "asked_at")
        return Response(ReceivedListAnswer({"items": [_received(one) for one in items], "next": following}).data)


class ReceivedView(APIView):
    """One of them."""

    scope = "grants:read"

    @extend_schema(operation_id="consent_request_received_show", responses=ReceivedAnswer)
    def get(self, request: Request, ask: UUID) -> Response:
        """Show it."""
        return Response(ReceivedAnswer(_received(put_to(party_of(request), ask))).data)


class SignView(APIView):
    """The yes to one of them."""

    scope = "grants"
    parser_classes = (StrictJSONParser,)

    @extend_schema(operation_id="consent_request_sign", request=GrantBody, responses={201: ReceivedAnswer})
    def post(self, request: Request, ask: UUID) -> Response:
        """Send a signed grant, of the terms that were asked for or of narrower ones. Sent again, it is the same."""
        body = GrantBody(data=request.data)
        body.is_valid(raise_exception=True)
        sent, me = body.validated_data, party_of(request)
        signature: bytes | None = sent.get("signature")
        signing.check_length(signature)
        row = put_to(me, ask)
        asks.sign(row, sent["document"], signature, evidence=sent.get("evidence"), actor=me)
        return Response(ReceivedAnswer(_received(put_to(me, ask))).data, status=201)


class NoView(APIView):
    """The no to one of them."""

    scope = "approvals"
    parser_classes = (StrictJSONParser,)

    @extend_schema(operation_id="consent_request_decline", request=NoBody, responses=ReceivedAnswer)
    def post(self, request: Request, ask: UUID) -> Response:
        """Say no. Nobody needs a reason; the app is told only with `tell`."""
        body = NoBody(data=request.data)
        body.is_valid(raise_exception=True)
        me = party_of(request)
        row = put_to(me, ask)
        if body.validated_data.get("never_again", False):
            ask_refusals.never_again(row, actor=me)
        else:
            asks.decline(row, tell=body.validated_data.get("tell", False), actor=me)
        return Response(ReceivedAnswer(_received(put_to(me, ask))).data)


class RefusalsView(APIView):
    """The doors that one has closed."""

    scope = scopes.by(GET="grants:read", POST="pauses")
    parser_classes = (StrictJSONParser,)

    @extend_schema(operation_id="consent_request_refuse", request=RefusalBody, responses={201: ClosedDoorAnswer})
    def post(self, request: Request) -> Response:
        """Take no more requests about a likeness: from one party, or from anybody."""
        body = RefusalBody(data=request.data)
        body.is_valid(raise_exception=True)
        likeness = Likeness.objects.filter(pk=body.validated_data["likeness"]).first()
        if likeness is None:
            raise likenesses.missing("/likeness")
        client = _client(body.validated_data.get("client"))
        made = ask_refusals.refuse(likeness, client, actor=party_of(request))
        return Response(ClosedDoorAnswer(made).data, status=201)

    @extend_schema(
        operation_id="consent_request_refusal_list", parameters=pages.PARAMETERS, responses=RefusalListAnswer
    )
    def get(self, request: Request) -> Response:
        """List the doors that are closed now, newest first."""
        items, following = pages.page(request, ask_refusals.in_force(party_of(request)), "created_at")
        return Response(RefusalListAnswer({"items": items, "next": following}).data)


class RefusalView(APIView):
    """One of them."""

    scope = "pauses"

    @extend_schema(operation_id="consent_request_allow", responses=ClosedDoorAnswer)
    def delete(self, request: Request, refusal: UUID) -> Response:
        """Open the door again, for what is asked from now on."""
        found = AskRefusal.objects.select_related("likeness").filter(pk=refusal).first()
        if found is None:
            raise ask_refusals.missing()
        return Response(ClosedDoorAnswer(ask_refusals.allow(found, actor=party_of(request))).data)


def put_to(party: Party, ask: UUID) -> Ask:
    """Return a request that reaches this party. Raises `AskMissing`."""
    found = asks.put_to(party).filter(pk=ask).first()
    if found is None:
        raise asks.missing()
    return found


def _client(pk: UUID | None) -> Party | None:
    """Return whom the door is closed to; `None`: to all. Raises the one answer for a party that is not there."""
    if pk is None:
        return None
    found = Party.objects.filter(pk=pk, erased_at=None).first()
    if found is None:
        raise exclusions.invalid()
    return found


def _letter(row: Ask) -> dict[str, Any]:
    try:
        return ask_letter.written(asks.letter_of(row))
    except asks.AskClosed:
        return {"named": None, "terms": None, "reason": None, "return_url": None}


def _common(row: Ask, said: dict[str, Any]) -> dict[str, Any]:
    over = row.state == Ask.State.OPEN and clock.now() >= row.expires_at
    return {
        "id": row.pk,
        "terms": said["terms"],
        "reason": said["reason"],
        "return_url": said["return_url"] or None,
        "state": str(Ask.State.EXPIRED) if over else row.state,
        "asked_at": row.asked_at,
        "expires_at": row.expires_at,
        "grant": row.grant_id,
        "entry": row.entry_id,
    }


def _made(row: Ask) -> dict[str, Any]:
    said = _letter(row)
    return _common(row, said) | {"likeness": said["named"], "ended_at": row.ended_at}


def _received(row: Ask) -> dict[str, Any]:
    who = {"id": row.client_id, "handle": row.client.handle, "name": row.client.name, "kind": row.client.kind}
    return _common(row, _letter(row)) | {"client": who, "likeness": row.likeness_id, "declined_at": row.declined_at}
