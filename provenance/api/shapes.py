"""What the routes of this app answer with, and how it is described to those who read the OpenAPI document."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet
from rest_framework import serializers

from consent.models import Party, Permit
from provenance import asked
from provenance.models import Video

STATUS = {
    Video.State.QUEUED: "queued",
    Video.State.RENDERING: "in_progress",
    Video.State.STAMPING: "in_progress",
    Video.State.PUBLISHED: "completed",
    Video.State.FAILED: "failed",
    Video.State.WITHHELD: "failed",  # the clients of this API know no fifth word; `error.code` says which it is
}
PROGRESS = {Video.State.RENDERING: 20, Video.State.STAMPING: 90, Video.State.PUBLISHED: 100}  # percent, else 0


class Consent(serializers.Serializer[Any]):
    """What a video rests on."""

    decision_id = serializers.UUIDField()
    grants = serializers.ListField(child=serializers.UUIDField())


class VideoError(serializers.Serializer[Any]):
    """Why a video failed or is withheld."""

    code = serializers.CharField()
    message = serializers.CharField()


class VideoShape(serializers.Serializer[Any]):
    """One video."""

    id = serializers.UUIDField()
    object = serializers.CharField(default="video")
    model = serializers.CharField()
    status = serializers.ChoiceField(choices=["queued", "in_progress", "completed", "failed"])
    progress = serializers.IntegerField(min_value=0, max_value=100)
    created_at = serializers.IntegerField(help_text="Unix time in seconds.")
    completed_at = serializers.IntegerField(allow_null=True, help_text="Unix time in seconds.")
    expires_at = serializers.IntegerField(allow_null=True, help_text="Always null: videos end with consent.")
    size = serializers.ChoiceField(choices=asked.SIZES)
    seconds = serializers.CharField(help_text="Whole seconds, as text.")
    prompt = serializers.CharField()
    purpose = serializers.CharField()
    remixed_from_video_id = serializers.UUIDField(allow_null=True)
    error = VideoError(allow_null=True)
    likenesses = serializers.ListField(child=serializers.UUIDField())
    consent = Consent()


class VideoPage(serializers.Serializer[Any]):
    """One page of videos; `after` with `last_id` gets the next."""

    object = serializers.CharField(default="list")
    data = VideoShape(many=True)  # type: ignore[assignment]  # the member's name, which the base class uses too
    first_id = serializers.UUIDField(allow_null=True)
    last_id = serializers.UUIDField(allow_null=True)
    has_more = serializers.BooleanField()


class VideoRequest(serializers.Serializer[Any]):
    """A request for a video."""

    prompt = serializers.CharField(max_length=asked.MAX_PROMPT)
    likeness = serializers.ListField(
        child=serializers.UUIDField(), max_length=asked.MAX_CAST, help_text="In multipart: the list as JSON text."
    )
    purpose = serializers.CharField()
    model = serializers.CharField(required=False)
    seconds = serializers.ChoiceField(choices=[str(one) for one in asked.SECONDS], required=False)
    size = serializers.ChoiceField(choices=asked.SIZES, required=False)


class RemixRequest(serializers.Serializer[Any]):
    """A request for a remix; what is left out is as in the parent, whose cast is always included."""

    prompt = serializers.CharField(max_length=asked.MAX_PROMPT)
    likeness = serializers.ListField(child=serializers.UUIDField(), required=False)
    purpose = serializers.CharField(required=False)
    model = serializers.CharField(required=False)
    seconds = serializers.ChoiceField(choices=[str(one) for one in asked.SECONDS], required=False)
    size = serializers.ChoiceField(choices=asked.SIZES, required=False)


class VideoDeleted(serializers.Serializer[Any]):
    """The answer to a deletion."""

    id = serializers.UUIDField()
    deleted = serializers.BooleanField()
    object = serializers.CharField(default="video.deleted")


class VideoStanding(serializers.Serializer[Any]):
    """Whether consent for a published video stands; absent and private are both unknown."""

    id = serializers.UUIDField()
    state = serializers.ChoiceField(choices=["consented", "withdrawn", "unknown"])


def documents(videos: Sequence[Video], party: Party) -> list[dict[str, Any]]:
    """Render videos for their client, or for a holder, who sees of the cast and its grants only what is theirs."""
    entries = [video.entry_id for video in videos]
    decided = dict(Permit.objects.filter(entry__in=entries).values_list("entry_id", "decision_id"))
    return [_document(video, party, str(decided[video.entry_id])) for video in videos]


def with_parts(videos: QuerySet[Video]) -> QuerySet[Video]:
    """Fetch what a document shows, in a fixed number of statements."""
    return videos.prefetch_related("appearances__likeness", "parents")


def _document(video: Video, party: Party, decision: str) -> dict[str, Any]:
    cast = [one for one in video.appearances.all() if party.pk in (video.client_id, one.likeness.holder_id)]
    parents = list(video.parents.all())
    return {
        "id": str(video.id),
        "object": "video",
        "model": video.model,
        "status": STATUS[Video.State(video.state)],
        "progress": PROGRESS.get(Video.State(video.state), 0),
        "created_at": int(video.created_at.timestamp()),
        "completed_at": int(video.published_at.timestamp()) if video.published_at else None,
        "expires_at": None,
        "size": video.size,
        "seconds": str(video.seconds),
        "prompt": video.prompt,
        "purpose": video.purpose,
        "remixed_from_video_id": str(parents[0].parent_id) if parents else None,
        "error": {"code": video.error_code, "message": video.error_detail} if video.error_code else None,
        "likenesses": sorted(str(one.likeness_id) for one in cast),
        "consent": {"decision_id": decision, "grants": sorted(str(one.grant_id) for one in cast)},
    }
