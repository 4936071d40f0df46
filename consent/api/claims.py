"""Claims of authority: make one, add what shows it, follow it, take it back; and agree to what others drafted."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.core.files.uploadedfile import UploadedFile
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.parsers import MultiPartParser
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from consent import authority, claims, keys, postmortem, scopes
from consent.api import pages, terms_query
from consent.api.authentication import party_of
from consent.api.body import Base64Url, Body, StrictJSONParser
from consent.api.keys import SignedBody
from consent.keys import Signed
from consent.models import Claim, ClaimDocument
from ledger.canonical import digest


class ClaimDraftBody(Body):
    """What to claim: about a `likeness` on record, or a `subject` to register; exactly one of the two."""

    key = serializers.CharField(max_length=64, help_text="A key id of one's own.")
    role = serializers.ChoiceField(choices=Claim.Role.choices)
    basis = serializers.CharField(max_length=4000, trim_whitespace=False, help_text="Why one may act, in own words.")
    likeness = serializers.CharField(required=False, max_length=36)
    subject = serializers.DictField(required=False, help_text="name, kind, rule, adult_on")
    share = serializers.IntegerField(required=False, min_value=1)
    limits = serializers.DictField(required=False, help_text="Of an agent: acts, purposes, not_after.")


class ClaimDraftAnswer(serializers.Serializer[Any]):
    """The document to read and sign, and the 32 bytes that the signature covers."""

    document = serializers.DictField()
    digest = Base64Url()


class ClaimBody(SignedBody):
    """A signed claim: with the `signature` of an app key, or the `evidence` of a passkey."""

    document = serializers.DictField()
    signature = Base64Url(required=False, help_text='Ed25519 over digest("claim", document).')
    evidence = serializers.DictField(required=False, help_text="Assertion of the passkey over the same digest.")


class ClaimDocumentAnswer(serializers.Serializer[Any]):
    """That a document was sealed; nobody gets it back from here."""

    id = serializers.UUIDField()
    kind = serializers.ChoiceField(choices=ClaimDocument.Kind.choices)
    media_type = serializers.CharField()
    added_at = serializers.DateTimeField()
    entry = serializers.UUIDField(source="entry_id")


class ClaimAnswer(serializers.Serializer[Any]):
    """A claim, for who made it. `due_at`: by then there is an answer, for everybody alike."""

    id = serializers.UUIDField()
    likeness = serializers.UUIDField(allow_null=True)
    role = serializers.ChoiceField(choices=Claim.Role.choices)
    state = serializers.ChoiceField(choices=Claim.State.choices)
    refusal = serializers.CharField(allow_blank=True)
    made_at = serializers.DateTimeField()
    due_at = serializers.DateTimeField()
    decided_at = serializers.DateTimeField(allow_null=True)
    entry = serializers.UUIDField(source="entry_id")


class ClaimShownAnswer(ClaimAnswer):
    """The claim as it was signed, with its documents."""

    document = serializers.DictField()
    documents = ClaimDocumentAnswer(many=True)


class ClaimListAnswer(serializers.Serializer[Any]):
    """One page."""

    items = ClaimAnswer(many=True)
    next = serializers.CharField(allow_null=True)


class UploadBody(Body):
    """A file of a multipart form: evidence (PDF, JPEG, PNG), or a reference (JPEG, PNG, MP4)."""

    document = serializers.FileField()
    kind = serializers.ChoiceField(choices=ClaimDocument.Kind.choices, default=ClaimDocument.Kind.EVIDENCE)


class AssentBody(SignedBody):
    """A word for a document that somebody else drafted: the grant of a co-heir, or the claim of an agent."""

    kind = serializers.ChoiceField(choices=authority.ASSENTED)
    document = serializers.DictField()
    key = serializers.CharField(max_length=64, help_text="A key id of one's own.")
    signature = Base64Url(required=False, help_text="Ed25519 over the assent digest.")
    evidence = serializers.DictField(required=False, help_text="Assertion of the passkey over the same digest.")


class AssentAnswer(serializers.Serializer[Any]):
    """That one has agreed."""

    likeness = serializers.UUIDField(source="likeness_id")
    act = Base64Url()
    entry = serializers.UUIDField(source="entry_id")


class TermAnswer(serializers.Serializer[Any]):
    """What a dated table says; never the last word, which `caveats` repeat. `ends_on` null: not known here."""

    ends_on = serializers.DateField(allow_null=True)
    may_last_longer = serializers.BooleanField()
    status = serializers.ChoiceField(choices=[str(status) for status in postmortem.Status])
    secondary = serializers.BooleanField()
    source = serializers.CharField(allow_null=True)  # type: ignore[assignment]  # a field of that name; REST framework takes it out of the class
    as_of = serializers.DateField()
    caveats = serializers.ListField(child=serializers.CharField())


class ClaimDraftView(APIView):
    """Claims to come."""

    scope = "claims"
    parser_classes = (StrictJSONParser,)

    @extend_schema(operation_id="claim_draft", request=ClaimDraftBody, responses=ClaimDraftAnswer)
    def post(self, request: Request) -> Response:
        """Make the document to read and sign. Nothing is recorded."""
        body = ClaimDraftBody(data=request.data)
        body.is_valid(raise_exception=True)
        me, asked = party_of(request), dict(body.validated_data)
        key = keys.usable(me, asked.pop("key"))
        document = claims.draft(asked, key=key, actor=me)
        return Response(ClaimDraftAnswer({"document": document, "digest": digest("claim", document)}).data)


class ClaimsView(APIView):
    """One's claims."""

    scope = "claims"
    parser_classes = (StrictJSONParser,)

    @extend_schema(operation_id="claim_make", request=ClaimBody, responses={201: ClaimAnswer})
    def post(self, request: Request) -> Response:
        """Make a claim. Two people will read it; `due_at` says by when."""
        body = ClaimBody(data=request.data)
        body.is_valid(raise_exception=True)
        sent = body.validated_data
        claim = claims.make_claim(sent["document"], _signed(sent), actor=party_of(request))
        claim.refresh_from_db()
        return Response(ClaimAnswer(_shown(claim)).data, status=201)

    @extend_schema(operation_id="claim_list", parameters=pages.PARAMETERS, responses=ClaimListAnswer)
    def get(self, request: Request) -> Response:
        """List one's claims, newest first."""
        items, following = pages.page(request, Claim.objects.filter(claimant=party_of(request)), "made_at")
        return Response(ClaimListAnswer({"items": [_shown(claim) for claim in items], "next": following}).data)


class ClaimView(APIView):
    """One claim, for who made it, and an agent's for those who would appoint them."""

    scope = "claims"

    @extend_schema(operation_id="claim_show", responses=ClaimShownAnswer)
    def get(self, request: Request, claim: UUID) -> Response:
        """Show it as it was signed."""
        me = party_of(request)
        found = claims.of(claim, party=me)
        files = found.documents.order_by("added_at", "pk") if found.claimant_id == me.pk else ()
        whole = {**_shown(found), "document": claims.document_of(found), "documents": files}
        return Response(ClaimShownAnswer(whole).data)


class ClaimDocumentsView(APIView):
    """What a claim rests on."""

    scope = "claims"
    parser_classes = (MultiPartParser,)

    @extend_schema(
        operation_id="claim_document",
        request={"multipart/form-data": UploadBody},
        responses={201: ClaimDocumentAnswer},
    )
    def post(self, request: Request, claim: UUID) -> Response:
        """Seal one file with it."""
        me = party_of(request)
        mine = claims.of(claim, party=me)  # before the body is read
        body = UploadBody(data=request.data)
        if getattr(request._request, "upload_too_large", False):  # noqa: SLF001 - set there by our upload handler
            raise claims.too_large()
        body.is_valid(raise_exception=True)
        sent = body.validated_data
        file: UploadedFile[Any] = sent["document"]
        made = claims.add_document(mine, file.file, kind=sent["kind"], actor=me)  # type: ignore[arg-type]  # an open binary file
        made.refresh_from_db()
        return Response(ClaimDocumentAnswer(made).data, status=201)


class ClaimWithdrawalView(APIView):
    """Taking a claim back, or ending an agent's."""

    scope = "claims"

    @extend_schema(operation_id="claim_withdraw", request=None, responses=ClaimAnswer)
    def post(self, request: Request, claim: UUID) -> Response:
        """Take back one's own claim; who appointed an agent ends the agent's."""
        me = party_of(request)
        found = claims.of(claim, party=me)
        verb = claims.withdraw_claim if found.claimant_id == me.pk else claims.end
        return Response(ClaimAnswer(_shown(verb(found, actor=me))).data)


class AssentsView(APIView):
    """The word of each who decides about a likeness."""

    scope = "claims"
    parser_classes = (StrictJSONParser,)

    @extend_schema(operation_id="assent_give", request=AssentBody, responses={201: AssentAnswer})
    def post(self, request: Request, likeness: UUID) -> Response:
        """Agree to a document. It takes effect when somebody acts on the document and enough have agreed."""
        body = AssentBody(data=request.data)
        body.is_valid(raise_exception=True)
        sent = body.validated_data
        given = authority.assent(
            likeness,
            sent["kind"],
            sent["document"],
            key_id=sent["key"],
            signed=_signed(sent),
            actor=party_of(request),
        )
        return Response(AssentAnswer(given).data, status=201)


class PostMortemTermsView(APIView):
    """The table of terms."""

    scope = scopes.PUBLIC
    permission_classes = (AllowAny,)  # who has lost somebody need not sign up to ask

    @extend_schema(
        operation_id="post_mortem_terms",
        parameters=[
            OpenApiParameter("jurisdiction", OpenApiTypes.STR, required=True, description="ISO 3166: US-CA, DK."),
            OpenApiParameter("died_on", OpenApiTypes.DATE, required=True),
        ],
        responses=TermAnswer,
    )
    def get(self, request: Request) -> Response:
        """Say how long a likeness may be protected after a death, by a table with sources."""
        place, died_on = terms_query.read(request)
        return Response(TermAnswer(postmortem.term(place, died_on)).data)


def _signed(sent: dict[str, Any]) -> Signed:
    """Return what `SignedBody` has seen to be exactly one of the two."""
    signature: bytes | None = sent.get("signature")
    return sent["evidence"] if signature is None else signature


def _shown(claim: Claim) -> dict[str, Any]:
    """Show the id that was asked for as null until the claim is accepted or registers it: it may be nobody's."""
    registered = claim.likeness is not None and claim.likeness.holder_id == claim.claimant_id
    known = registered or claim.state in {Claim.State.ACCEPTED, Claim.State.ENDED}
    row = {name: getattr(claim, name) for name in _FIELDS}
    return {**row, "likeness": claim.likeness_id if known else None}


_FIELDS = ("id", "role", "state", "refusal", "made_at", "due_at", "decided_at", "entry_id")
