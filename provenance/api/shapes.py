"""What the routes of this app answer with, and how it is described to those who read the OpenAPI document."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from rest_framework import serializers

from consent import approvals
from consent.models import Grant, Party, Permit
from consent.policy import Duty
from consent.standing import SHOWABLE, standing
from consent.vocabulary import SCENES
from provenance import asked, faces, lineage, sentences, sight
from provenance.models import FaceReview, Video
from provenance.report import Since
from provenance.standing import ended_since

STATUS = {
    Video.State.QUEUED: "queued",
    Video.State.RENDERING: "in_progress",
    Video.State.STAMPING: "in_progress",
    Video.State.PUBLISHED: "completed",
    Video.State.FAILED: "failed",
    Video.State.WITHHELD: "failed",  # the clients of this API know no fifth word; `error.code` says which it is
}
GRANT_HELP = "Grants that the video is to rest on; whom they are about is in its cast."
PROGRESS = {Video.State.RENDERING: 20, Video.State.STAMPING: 90, Video.State.PUBLISHED: 100}  # percent, else 0


class Owed(serializers.Serializer[Any]):
    """One duty of whoever shows the video."""

    duty = serializers.ChoiceField(choices=[str(one) for one in Duty])
    likeness = serializers.UUIDField(allow_null=True, help_text="null: the video as a whole.")
    grant = serializers.UUIDField(allow_null=True)
    credit = serializers.CharField(required=False, help_text="With `attribute`: the line to show.")
    rate = serializers.DictField(required=False, help_text="With `pay`: the rate that was agreed.")


class Consent(serializers.Serializer[Any]):
    """What a video rests on, and what it owes in return."""

    decision_id = serializers.UUIDField()
    grants = serializers.ListField(child=serializers.UUIDField())
    obligations = Owed(many=True)
    state = serializers.ChoiceField(
        choices=["stands", "ended"], allow_null=True, help_text="Of a published video; null: it is not shown."
    )
    label = serializers.CharField(  # type: ignore[assignment]  # a member of the answer, not the field's own label
        allow_null=True, help_text="What to show beside a work that a clause keeps."
    )


class VideoError(serializers.Serializer[Any]):
    """Why a video failed or is withheld."""

    code = serializers.CharField()
    message = serializers.CharField()


class FacesShape(serializers.Serializer[Any]):
    """What is known of who is in the picture. While a person has to decide, the video stays `in_progress`."""

    state = serializers.ChoiceField(choices=sorted(faces.SHOWN.values()))
    checked = serializers.ListField(child=serializers.CharField())
    not_checked = serializers.ListField(child=serializers.CharField())


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
    approval = serializers.ChoiceField(
        choices=["pending"], allow_null=True, help_text="pending: it is made, and waits for the yes of somebody in it."
    )
    due_at = serializers.IntegerField(allow_null=True, help_text="Unix time; without an answer it is a no then.")
    consent = Consent()
    faces = FacesShape(allow_null=True, help_text="Null until the picture was looked at.")


class VideoPage(serializers.Serializer[Any]):
    """One page of videos; `after` with `last_id` gets the next."""

    object = serializers.CharField(default="list")
    data = VideoShape(many=True)  # type: ignore[assignment]  # the member's name, which the base class uses too
    first_id = serializers.UUIDField(allow_null=True)
    last_id = serializers.UUIDField(allow_null=True)
    has_more = serializers.BooleanField()


class UseFields(serializers.Serializer[Any]):
    """What a request may say of the use; a remix that says nothing is as its parent."""

    scenes = serializers.ListField(child=serializers.ChoiceField(choices=SCENES), required=False)
    territories = serializers.ListField(
        child=serializers.CharField(), required=False, help_text="ISO 3166-1 alpha-2; left out: everywhere."
    )
    campaign = serializers.CharField(required=False)
    speech = serializers.CharField(required=False, help_text="What the cast is made to say.")
    speech_language = serializers.CharField(required=False, help_text="With `speech`: its language, as in `en`.")
    modalities = serializers.DictField(
        required=False, help_text="What is shown of whom: a likeness to a list. In multipart: as JSON text."
    )
    training = serializers.BooleanField(required=False)


class VideoRequest(UseFields):
    """A request for a video."""

    prompt = serializers.CharField(max_length=asked.MAX_PROMPT)
    likeness = serializers.ListField(
        child=serializers.CharField(),
        max_length=asked.MAX_CAST,
        required=False,
        help_text="Ids, or `@` and a handle; a handle in the prompt counts as well. In multipart: as JSON text.",
    )
    grant = serializers.ListField(child=serializers.UUIDField(), required=False, help_text=GRANT_HELP)
    purpose = serializers.CharField(required=False, help_text=f"`{asked.PURPOSE}` if left out.")
    model = serializers.CharField(required=False)
    seconds = serializers.ChoiceField(choices=[str(one) for one in asked.SECONDS], required=False)
    size = serializers.ChoiceField(choices=asked.SIZES, required=False)


class RemixRequest(UseFields):
    """A request for a remix; what is left out is as in the parent, whose cast is always included."""

    prompt = serializers.CharField(max_length=asked.MAX_PROMPT)
    likeness = serializers.ListField(child=serializers.CharField(), required=False)
    grant = serializers.ListField(child=serializers.UUIDField(), required=False, help_text=GRANT_HELP)
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
    state = serializers.ChoiceField(choices=["consented", "ended", "withdrawn", "blocked", "unknown"])
    detail = serializers.CharField(help_text="The same in words.")


def documents(videos: Sequence[Video], party: Party) -> list[dict[str, Any]]:
    """Render videos for their client, or for who may see for somebody, and sees of the cast and its grants only that.

    So many statements for any number of videos; one more for each claim of authority of the asker.
    """
    mine = sight.likenesses(party) if any(video.client_id != party.pk for video in videos) else frozenset()
    minted = Permit.objects.filter(entry__in=[video.entry_id for video in videos]).select_related("decision")
    permits = {permit.entry_id: permit for permit in minted}
    owing = {owed["grant"] for permit in permits.values() for owed in permit.decision.obligations if owed["grant"]}
    terms = dict(Grant.objects.filter(pk__in=owing).values_list("pk", "terms"))
    drafts = [video.id for video in videos if video.state == Video.State.STAMPING]
    due = approvals.waiting(drafts) if drafts else {}
    looked = {held.video_id: held for held in FaceReview.objects.filter(video__in=[video.pk for video in videos])}
    shown = _since([video.id for video in videos if video.state == Video.State.PUBLISHED])
    found = []
    for video in videos:
        cast = {one.likeness_id for one in video.appearances.all()}
        seen = cast if party.pk == video.client_id else cast & mine
        one = document(video, seen, permits[video.entry_id], terms) | _waits(due.get(video.id))
        one["consent"] |= _ended(shown.get(video.id))
        one["faces"] = faces.described(looked[video.id]) if video.id in looked else None
        found.append(one)
    return found


def unfinished(video: Video, permit: Permit) -> dict[str, Any]:
    """Render a video for its client that is neither a draft nor published, and owes nothing by any grant's terms."""
    one = document(video, {line.likeness_id for line in video.appearances.all()}, permit, {}) | _waits(None)
    one["consent"] |= _ended(None)
    return one | {"faces": None}


def _since(published: Sequence[UUID]) -> dict[UUID, Since]:
    """Return how consent for each of these that may be shown stands: in three statements, however many they are."""
    behind = lineage.grants_behind_each(published) if published else {}
    answers = standing(frozenset().union(*behind.values())) if behind else {}
    stopped = lineage.barred(behind) if behind else set()
    found = {video: {answers[grant] for grant in grants} for video, grants in behind.items() if video not in stopped}
    return {video: ended_since(now) for video, now in found.items() if now and now <= SHOWABLE}


def _ended(since: Since | None) -> dict[str, Any]:
    """Say whether consent stands, and the text that goes with what is kept with a label."""
    state = None if since is None else "stands" if since is Since.STANDING else "ended"
    return {"state": state, "label": sentences.LABEL if since is Since.KEPT_WITH_LABEL else None}


def _waits(due: datetime | None) -> dict[str, Any]:
    """Say whether a draft waits for somebody's yes, and how long."""
    return {"approval": "pending" if due else None, "due_at": int(due.timestamp()) if due else None}


def with_parts(videos: QuerySet[Video]) -> QuerySet[Video]:
    """Fetch what a document shows, in a fixed number of statements."""
    return videos.prefetch_related("appearances", "parents")


def document(video: Video, seen: Collection[UUID], permit: Permit, terms: Mapping[UUID, Any]) -> dict[str, Any]:
    """Render what stands in the rows alone. `seen`: of whom the reader may know that they are in it."""
    cast = [one for one in video.appearances.all() if one.likeness_id in seen]
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
        "consent": {
            "decision_id": str(permit.decision_id),
            "grants": sorted(str(one.grant_id) for one in cast),
            "obligations": _owed(permit, {str(one.likeness_id) for one in cast}, terms),
        },
    }


def _owed(permit: Permit, seen: Collection[str], terms: Mapping[UUID, Any]) -> list[dict[str, Any]]:
    """Return what the video owes for those of its cast whom the asker may see. An erased grant has no line left."""
    found = []
    for owed in permit.decision.obligations:
        if owed["likeness"] and owed["likeness"] not in seen:
            continue
        said = terms.get(UUID(owed["grant"]), {}) if owed["grant"] else {}
        more = {Duty.ATTRIBUTE: "credit", Duty.PAY: "rate"}.get(owed["duty"])
        one = {"duty": owed["duty"], "likeness": owed["likeness"] or None, "grant": owed["grant"]}
        found.append(one | ({more: said[more]} if more and said.get(more) is not None else {}))
    return found
