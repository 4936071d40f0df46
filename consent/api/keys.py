"""Every key that one ever had, with what proves it; adding, replacing and revoking keys."""

from __future__ import annotations

from typing import Any, Final

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from consent import keys, passkeys, scopes, signing, webauthn
from consent.api import pages
from consent.api.authentication import party_of
from consent.api.body import Base64Url, Body, QueryInvalid, StrictJSONParser, read_cursor, write_cursor
from consent.challenges import MAX_CHALLENGE
from consent.models import KeyEvent, Party, PartyKey
from ledger import base64url, log
from ledger.log import NotYetPublished
from ledger.models import Entry

NOT_YET: Final = NotYetPublished.code


APP_KEY: Final = ("proof",)
PASSKEY: Final = ("evidence", "challenge")


class KeyBody(Body):
    """A public key with the proof that its owner holds it: `proof`, or for a passkey `evidence` and `challenge`."""

    algorithm = serializers.ChoiceField(choices=[signing.ALGORITHM, webauthn.ALGORITHM])
    public = Base64Url(help_text="The 32 bytes of the public key, or the COSE key of a passkey.")
    proof = Base64Url(
        required=False, help_text='Signature over digest("key-possession", {"algorithm", "handle", "public"}).'
    )
    evidence = serializers.DictField(
        required=False,
        help_text='Assertion over digest("key-possession", {"algorithm", "challenge", "handle", "public"}).',
    )
    challenge = serializers.CharField(required=False, max_length=MAX_CHALLENGE, help_text="From /v1/challenges.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Ask for what this algorithm needs, and refuse what belongs to the other: nobody would check it."""
        app_key = attrs["algorithm"] == signing.ALGORITHM
        wanted, foreign = (APP_KEY, PASSKEY) if app_key else (PASSKEY, APP_KEY)
        wrong = {name: ["This field is required."] for name in wanted if name not in attrs}
        wrong |= {name: [f"A key of {attrs['algorithm']} has none."] for name in foreign if name in attrs}
        if wrong:
            raise serializers.ValidationError(wrong)
        return attrs


class SignedBody(Body):
    """What a key in use has signed: `signature` of an app key, or `evidence` of a passkey."""

    signature = Base64Url(required=False)
    evidence = serializers.DictField(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Ask for exactly one of the two."""
        if ("signature" in attrs) == ("evidence" in attrs):
            raise serializers.ValidationError({"signature": ["Send either signature or evidence."]})
        return attrs


class ApprovalBody(SignedBody):
    """Which key in use lets a new one join it, over digest("key-approval", {"algorithm", "key", "party", "public"})."""

    key = serializers.CharField(max_length=64)


class NewKeyBody(KeyBody):
    """A key to add. A passkey needs the word of a key in use."""

    approval = ApprovalBody(required=False)


class RotationBody(Body):
    """A new key, and the old key's word for it: `approval` of an app key, `evidence` of a passkey."""

    key = KeyBody()
    approval = Base64Url(
        required=False,
        help_text='The old key\'s signature over digest("key-rotation", {"algorithm", "party", "public", "replaces"}).',
    )
    evidence = serializers.DictField(required=False, help_text="The old passkey's assertion over the same digest.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Ask for exactly one of the two."""
        if ("approval" in attrs) == ("evidence" in attrs):
            raise serializers.ValidationError({"approval": ["Send either approval or evidence."]})
        return attrs


class KeyAnswer(serializers.Serializer[Any]):
    """A key of one's own."""

    key_id = serializers.CharField()
    algorithm = serializers.CharField()
    public = Base64Url()
    revoked_at = serializers.DateTimeField(allow_null=True)


class EventAnswer(serializers.Serializer[Any]):
    """One event of the chain: its entry, what opens it, and its proof, or `not-yet-published` in its place."""

    number = serializers.IntegerField()
    kind = serializers.ChoiceField(choices=KeyEvent.Kind.choices)
    at = serializers.DateTimeField()
    entry_id = serializers.UUIDField()
    commitment = serializers.CharField()
    entry = serializers.CharField()
    salt = serializers.CharField()
    payload = serializers.CharField()
    proof = serializers.CharField()
    proof_url = serializers.CharField()


class KeyHistoryAnswer(serializers.Serializer[Any]):
    """A key that was ever bound to the party. `registered` and `revoked` are events of one chain."""

    key_id = serializers.CharField()
    algorithm = serializers.CharField()
    public = Base64Url()
    registered_at = serializers.DateTimeField()
    revoked_at = serializers.DateTimeField(allow_null=True)
    registered = EventAnswer()
    revoked = EventAnswer(allow_null=True)


class KeyListAnswer(serializers.Serializer[Any]):
    """One page, in the order in which the keys were added."""

    items = KeyHistoryAnswer(many=True)
    next = serializers.CharField(allow_null=True)


class KeysView(APIView):
    """One's keys."""

    scope = scopes.by(GET="parties:read", POST="account")
    parser_classes = (StrictJSONParser,)

    @extend_schema(operation_id="key_register", request=NewKeyBody, responses={201: KeyAnswer})
    def post(self, request: Request) -> Response:
        """Add a key. The party is told."""
        body = NewKeyBody(data=request.data)
        body.is_valid(raise_exception=True)
        me, sent = party_of(request), body.validated_data
        word = sent.get("approval")
        approval = None if word is None else keys.Approval(word["key"], signed_of(word))
        key = keys.register_key(me, sent["public"], proof_of(sent), actor=me, approval=approval)
        return Response(KeyAnswer(key).data, status=201)

    @extend_schema(operation_id="key_list", parameters=pages.PARAMETERS, responses=KeyListAnswer)
    def get(self, request: Request) -> Response:
        """List every key that was ever one's own, oldest first, each event with its proof."""
        me = party_of(request)
        added = KeyEvent.objects.filter(party=me).exclude(kind=KeyEvent.Kind.REVOKED)
        if (cursor := request.query_params.get("cursor")) is not None:
            added = added.filter(number__gt=_after(cursor))
        limit = pages.limit_of(request)
        found = list(added.select_related("key", "entry__sealed__subject_key").order_by("number")[: limit + 1])
        following = write_cursor(str(found[limit - 1].number)) if len(found) > limit else None
        items = _histories(me, found[:limit])
        return Response(KeyListAnswer({"items": items, "next": following}).data)


class KeyView(APIView):
    """One key."""

    scope = "account"

    @extend_schema(operation_id="key_revoke", responses=KeyAnswer)
    def delete(self, request: Request, key_id: str) -> Response:
        """Take a key out of use; it stays listed, because what it signed stays signed."""
        me = party_of(request)
        return Response(KeyAnswer(keys.revoke_key(_mine(me, key_id), actor=me)).data)


class RotationView(APIView):
    """One key's place."""

    scope = "account"
    parser_classes = (StrictJSONParser,)

    @extend_schema(operation_id="key_rotate", request=RotationBody, responses={201: KeyAnswer})
    def post(self, request: Request, key_id: str) -> Response:
        """Put a new key in the place of this one. The party is told."""
        body = RotationBody(data=request.data)
        body.is_valid(raise_exception=True)
        me, sent = party_of(request), body.validated_data
        fresh = sent["key"]
        approval = sent["approval"] if "approval" in sent else sent["evidence"]
        key = keys.rotate_key(_mine(me, key_id), fresh["public"], proof=proof_of(fresh), approval=approval, actor=me)
        return Response(KeyAnswer(key).data, status=201)


def proof_of(sent: dict[str, Any]) -> keys.Proof:
    """Return what shows that the sender holds a new key, as `KeyBody` has read it."""
    if sent["algorithm"] == webauthn.ALGORITHM:
        return passkeys.Possession(sent["evidence"], sent["challenge"])
    proof: bytes = sent["proof"]
    return proof


def signed_of(sent: dict[str, Any]) -> keys.Signed:
    """Return what a key in use has signed, as `SignedBody` has read it."""
    signed: keys.Signed = sent["signature"] if "signature" in sent else sent["evidence"]
    return signed


def _mine(me: Party, key_id: str) -> PartyKey:
    key = me.keys.filter(key_id=key_id).first() if key_id.isprintable() else None  # no row can hold a NUL
    if key is None:
        raise keys.KeyMissing("You have no key with this id.", remedy="Use a key listed at parties/me/keys.")
    return key


def _after(cursor: str) -> int:
    (number,) = read_cursor(cursor, 1)
    if not (number.isascii() and number.isdigit() and len(number) < 10):  # noqa: PLR2004 - what a column of numbers holds
        raise QueryInvalid("This cursor is not one of ours.", pointer="cursor", remedy="Begin without a cursor.")
    return int(number)


def _histories(me: Party, added: list[KeyEvent]) -> list[dict[str, Any]]:
    """Join each key's beginning with its end; a rotation is the end of one and the beginning of another."""
    shown = [event.key_id for event in added]
    ends: dict[int, KeyEvent] = {}
    for event in KeyEvent.objects.filter(party=me).select_related("entry__sealed__subject_key").order_by("number"):
        ended = event.replaces_id if event.kind == KeyEvent.Kind.ROTATED else event.key_id
        if event.kind != KeyEvent.Kind.REGISTERED and ended in shown:
            ends[ended] = event
    return [_history(event, ends.get(event.key_id)) for event in added]


def _history(added: KeyEvent, ended: KeyEvent | None) -> dict[str, Any]:
    key = added.key
    return {
        "key_id": key.key_id,
        "algorithm": key.algorithm,
        "public": key.public,
        "registered_at": key.created_at,
        "revoked_at": key.revoked_at,
        "registered": _event(added),
        "revoked": None if ended is None else _event(ended),
    }


def _event(event: KeyEvent) -> dict[str, Any]:
    opening = log.opening(event.entry)
    return {
        "number": event.number,
        "kind": event.kind,
        "at": event.created_at,
        "entry_id": event.entry_id,
        "commitment": event.entry.commit_text,
        "entry": base64url.encode(bytes(event.entry.body)),
        "salt": base64url.encode(opening.salt),
        "payload": base64url.encode(opening.payload),
        "proof": _proof(event.entry),
        "proof_url": f"/v1/entries/{event.entry_id}/proof",
    }


def _proof(entry: Entry) -> str:
    try:
        return log.proof(entry)
    except NotYetPublished:
        return NOT_YET
