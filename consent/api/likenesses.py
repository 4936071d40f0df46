"""Register and enrol one's likenesses."""

from __future__ import annotations

from typing import Any, BinaryIO
from uuid import UUID

from django.core.files.uploadedfile import UploadedFile
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from consent import enrolment, likenesses, parties, scopes
from consent.api import pages
from consent.api.authentication import party_of
from consent.api.body import Body, StrictJSONParser
from consent.models import Likeness


class LikenessBody(Body):
    """A likeness to register."""

    name = serializers.CharField(max_length=parties.MAX_NAME, trim_whitespace=False)
    kind = serializers.ChoiceField(choices=Likeness.Kind.choices)


class LikenessAnswer(serializers.Serializer[Any]):
    """A likeness of one's own."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    kind = serializers.CharField()
    state = serializers.ChoiceField(choices=Likeness.State.choices)
    epoch = serializers.IntegerField()
    created_at = serializers.DateTimeField()
    entry = serializers.UUIDField(source="entry_id")


class LikenessListAnswer(serializers.Serializer[Any]):
    """One page."""

    items = LikenessAnswer(many=True)
    next = serializers.CharField(allow_null=True)


class ClipBody(Body):
    """The calibration clip, as a file of a multipart form."""

    clip = serializers.FileField(allow_empty_file=True)  # what is wrong with an empty clip, the probe says


class EnrolmentAnswer(serializers.Serializer[Any]):
    """An accepted clip: what was measured, and which notice it was given under."""

    id = serializers.UUIDField()
    likeness = serializers.UUIDField(source="likeness_id")
    state = serializers.CharField(source="likeness.state")
    assurance = serializers.CharField()
    probe = serializers.JSONField()
    notice_sha256 = serializers.CharField()
    created_at = serializers.DateTimeField()
    entry = serializers.UUIDField(source="entry_id")


class LikenessesView(APIView):
    """One's likenesses."""

    scope = scopes.by(GET="likenesses:read", POST="likenesses")
    parser_classes = (StrictJSONParser,)

    @extend_schema(operation_id="likeness_register", request=LikenessBody, responses={201: LikenessAnswer})
    def post(self, request: Request) -> Response:
        """Register a likeness of one's own."""
        body = LikenessBody(data=request.data)
        body.is_valid(raise_exception=True)
        sent = body.validated_data
        likeness = likenesses.register_likeness(name=sent["name"], kind=sent["kind"], actor=party_of(request))
        likeness.refresh_from_db()
        return Response(LikenessAnswer(likeness).data, status=201)

    @extend_schema(operation_id="likeness_list", parameters=pages.PARAMETERS, responses=LikenessListAnswer)
    def get(self, request: Request) -> Response:
        """List one's likenesses, newest first."""
        items, following = pages.page(request, Likeness.objects.filter(holder=party_of(request)), "created_at")
        return Response(LikenessListAnswer({"items": items, "next": following}).data)


class LikenessView(APIView):
    """One likeness, for its holder; for everybody else it does not exist."""

    scope = "likenesses:read"

    @extend_schema(operation_id="likeness_show", responses=LikenessAnswer)
    def get(self, request: Request, likeness: UUID) -> Response:
        """Show it."""
        return Response(LikenessAnswer(likenesses.owned(likeness, holder=party_of(request))).data)


class EnrolmentsView(APIView):
    """The calibration clips of a likeness."""

    scope = "likenesses"
    parser_classes = (MultiPartParser,)

    @extend_schema(
        operation_id="likeness_enrol", request={"multipart/form-data": ClipBody}, responses={201: EnrolmentAnswer}
    )
    def post(self, request: Request, likeness: UUID) -> Response:
        """Check and seal a clip."""
        me = party_of(request)
        mine = likenesses.owned(likeness, holder=me)  # before the body is read
        enrolled = enrolment.enrol(mine, clip_of(request), actor=me)
        enrolled.refresh_from_db()
        return Response(EnrolmentAnswer(enrolled).data, status=201)


def clip_of(request: Request) -> BinaryIO:
    """Return the clip of a multipart form, open and unchecked. Raises `ClipTooLarge`."""
    body = ClipBody(data=request.data)
    if getattr(request._request, "upload_too_large", False):  # noqa: SLF001 - set there by our upload handler
        raise enrolment.too_large()
    body.is_valid(raise_exception=True)
    clip: UploadedFile[Any] = body.validated_data["clip"]
    return clip.file  # type: ignore[return-value]  # an open binary file
