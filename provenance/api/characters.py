"""Characters, as clients of the /v1/videos API know them: here each is a likeness, and nobody's to use yet.

A clip that an app sends proves nothing of whom it shows, so it enrols nobody: it is looked at and let go. The likeness
stays `enrolling` until its holder answers the challenge of an enrolment session, and covers no video until they sign a
grant. See docs/design/gateway.md.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.db import transaction
from django.urls import reverse
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from consent import clock, likenesses, parties, scopes
from consent.api.authentication import party_of
from consent.api.body import Body
from consent.media import guard
from consent.models import Likeness, Party
from provenance import repeats

ENROL = "enrolment-sessions"  # name of the address


class CharacterBody(Body):
    """A character to create."""

    name = serializers.CharField(max_length=parties.MAX_NAME, trim_whitespace=False)
    video = serializers.FileField(allow_empty_file=True)  # what is wrong with an empty one, the guard says


class CharacterAnswer(serializers.Serializer[Any]):
    """A likeness of one's own, under the names that this API has for it."""

    id = serializers.UUIDField()
    object = serializers.CharField(default="character")
    name = serializers.CharField()
    created_at = serializers.IntegerField(help_text="Unix time in seconds.")
    state = serializers.ChoiceField(choices=Likeness.State.choices)
    usable = serializers.BooleanField(help_text="Whether it is enrolled. What it may be used for, grants say.")
    enrol_url = serializers.CharField(allow_null=True, help_text="Where its holder answers a challenge; null: done.")


class CharacterList(APIView):
    """Make one."""

    scope = scopes.by(POST="likenesses")
    parser_classes = (MultiPartParser,)

    @extend_schema(
        operation_id="videos_create_character",
        request={"multipart/form-data": CharacterBody},
        responses={200: CharacterAnswer},
    )
    def post(self, request: Request) -> Response:
        """Register a likeness of one's own, which stays unusable until its holder enrols and signs."""
        body = CharacterBody(data=request.data)
        if getattr(request._request, "upload_too_large", False):  # noqa: SLF001 - set there by our upload handler
            raise RequestDataTooBig
        body.is_valid(raise_exception=True)
        sent = body.validated_data
        guard.inspect(sent["video"].file, max_bytes=settings.CONSENT_CLIP_MAX_BYTES, pointer="/video")
        attempt = repeats.count(request.headers.get("X-Stainless-Retry-Count"))
        return Response(_document(_registered(sent["name"], attempt, party_of(request))))


class CharacterDetail(APIView):
    """One of them, for its holder; for everybody else it does not exist."""

    scope = "likenesses:read"

    @extend_schema(operation_id="videos_retrieve_character", responses=CharacterAnswer)
    def get(self, request: Request, character: UUID) -> Response:
        """Show it."""
        return Response(_document(likenesses.owned(character, holder=party_of(request))))


def _registered(name: str, attempt: int | None, me: Party) -> Likeness:
    """Register it; a further try of one call gets what the first one made."""
    with transaction.atomic():
        if attempt is not None:
            repeats.alone(f"character:{me.pk}:{name}")
        if attempt:
            recent = Likeness.objects.filter(
                holder=me, name=name, state=Likeness.State.ENROLLING, created_at__gt=clock.now() - repeats.WINDOW
            )
            if (made := recent.order_by("-created_at", "-pk").first()) is not None:
                return made
        made = likenesses.register_likeness(name=name, kind=Likeness.Kind.PERSON, actor=me)
        made.refresh_from_db()
        return made


def _document(likeness: Likeness) -> dict[str, Any]:
    waits = likeness.state == Likeness.State.ENROLLING
    return {
        "id": str(likeness.pk),
        "object": "character",
        "name": likeness.name,
        "created_at": int(likeness.created_at.timestamp()),
        "state": likeness.state,
        "usable": likeness.state == Likeness.State.ACTIVE,
        "enrol_url": f"{settings.PUBLIC_URL}{reverse(ENROL, args=[likeness.pk])}" if waits else None,
    }
