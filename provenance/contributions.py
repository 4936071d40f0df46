"""Who contributed what to a video: derived from what is on record, so that it can never say something else.

Each video of the line has the entry of its own request: its client gave the prompt, and where it was made from another
video, edited that one. Each likeness gave its calibration clip. Parties and likenesses are named by id alone.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import TextChoices

from consent.models import Party
from provenance import lineage, sight
from provenance.models import Appearance, Lineage, Reservation, Video

MOST = 200  # videos of one line that are told


class Part(TextChoices):
    """What somebody did for a video."""

    PROMPT = "prompt"
    EDIT = "edit"
    CLIP = "clip"


def of(video: Video, asker: Party) -> list[dict[str, Any]]:
    """Return the contributions to a video and to everything that it was made from, the youngest first.

    The asker may see the video. Of the people shown it learns those that it asked for itself, or may see for.
    """
    line = Video.objects.select_related("entry").filter(pk__in=lineage.with_ancestors([video.pk]))
    videos = list(line.order_by("-created_at", "-pk")[:MOST])
    ids = [each.pk for each in videos]
    edges = dict(Lineage.objects.filter(child__in=ids).order_by("-pk").values_list("child_id", "parent_id"))
    kept = set(Reservation.objects.filter(video__in=ids, lifted_at=None).values_list("video_id", flat=True))
    mine = sight.likenesses(asker)
    asked = {each.pk for each in videos if each.client_id == asker.pk}
    clips: dict[UUID, list[UUID]] = {}
    shown = Appearance.objects.filter(video__in=ids).order_by("pk")
    for where, likeness in shown.values_list("video_id", "likeness_id"):
        if likeness in mine or where in asked:
            clips.setdefault(where, []).append(likeness)
    parts = []
    for each in videos:
        parts += _parts(each, edges.get(each.pk), clips.get(each.pk, []), reserved=each.pk in kept)
    return parts


def _parts(video: Video, parent: UUID | None, clips: list[UUID], *, reserved: bool) -> list[dict[str, Any]]:
    """Return the parts of one video. `parent` `None`: it was made from no other."""
    known = {
        "video": str(video.pk),
        "entry": video.entry.commit_text,
        "created_at": int(video.created_at.timestamp()),
    }
    made = {"party": str(video.client_id), "likeness": None, "reuse": "restricted" if reserved else "open"}
    parts = [known | made | {"part": "prompt", "remix_of": None}]
    if parent is not None:
        parts.append(known | made | {"part": "edit", "remix_of": str(parent)})
    clip = {"part": "clip", "party": None, "remix_of": None, "reuse": None}
    return parts + [known | clip | {"likeness": str(each)} for each in clips]
