"""Who contributed what, and whether others may use it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from consent.api.authentication import party_of
from provenance import contributions, reuse
from provenance.api.videos import visible


class ContributionShape(serializers.Serializer[Any]):
    """One part in a video. `clip`: a likeness that is in it; the others: what the client of that video did."""

    video = serializers.UUIDField(help_text="The video of the line to which it was contributed.")
    part = serializers.ChoiceField(choices=contributions.Part.choices)
    party = serializers.UUIDField(allow_null=True, help_text="Null for a clip: its holder is not told.")
    likeness = serializers.UUIDField(allow_null=True)
    remix_of = serializers.UUIDField(allow_null=True, help_text="Of an edit: what was edited.")
    reuse = serializers.ChoiceField(choices=["open", "restricted"], allow_null=True)
    created_at = serializers.IntegerField(help_text="Unix time in seconds.")
    entry = serializers.CharField(help_text="The entry of the public log that records it.")


class ContributionList(serializers.Serializer[Any]):
    """Every contribution, the youngest first."""

    object = serializers.CharField(default="list")
    data = ContributionShape(many=True)  # type: ignore[assignment]  # the member's name, which the base class uses too


class ReuseShape(serializers.Serializer[Any]):
    """Whether others may remix a video, as far as its client goes."""

    id = serializers.UUIDField()
    reuse = serializers.ChoiceField(choices=["open", "restricted"])


class VideoContributions(APIView):
    """The parts of a video."""

    scope = "videos:read"

    @extend_schema(operation_id="videos_contributions", responses=ContributionList)
    def get(self, request: Request, video_id: UUID) -> Response:
        """Return who contributed what to it and to what it was made from, for those who may see it."""
        video = visible(video_id, request)
        return Response({"object": "list", "data": contributions.of(video, party_of(request))})


class VideoReuse(APIView):
    """What its client says of remixes by others; the people in it are asked apart."""

    scope = "videos:write"

    @extend_schema(operation_id="videos_restrict_reuse", request=None, responses=ReuseShape)
    def put(self, request: Request, video_id: UUID) -> Response:
        """Keep others from remixing it, and what is made from it."""
        video = visible(video_id, request)
        reuse.restrict(video, actor=party_of(request))
        return Response({"id": str(video.pk), "reuse": "restricted"})

    @extend_schema(operation_id="videos_open_reuse", responses={200: ReuseShape})
    def delete(self, request: Request, video_id: UUID) -> Response:
        """Let others remix it again."""
        video = visible(video_id, request)
        reuse.open_again(video, actor=party_of(request))
        return Response({"id": str(video.pk), "reuse": "open"})
