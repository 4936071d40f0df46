"""What a party may look at, and the one way to its bytes: for a token and for a session alike."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpResponseBase

from consent.models import Party
from provenance import renders, serving
from provenance.models import Video
from provenance.serving import ContentUnavailable


def visible(video_id: UUID, party: Party, *, among: QuerySet[Video] | None = None) -> Video:
    """Return a video that exists as far as the party is concerned, or raise `VideoNotFound`.

    `among`: how the row is fetched; `None`: plainly.
    """
    rows = Video.objects.all() if among is None else among
    video = rows.filter(pk=video_id).first()
    if video is None or not renders.may_see(video, party):
        raise renders.VideoNotFound("There is no such video.", pointer="/id", remedy="Check the id.")
    return video


def send(
    video_id: UUID,
    party: Party,
    variant: str,
    *,
    method: str,
    headers: Mapping[str, str],
    environ: Mapping[str, Any],
) -> HttpResponseBase:
    """Send the bytes while everybody depicted permits it: 410 before the first byte, a broken connection after.

    Who asked for the video sees no draft of it: a yes of the people in it comes first.
    """
    video = visible(video_id, party)
    if video.client_id == party.pk and video.state == Video.State.STAMPING:
        raise ContentUnavailable("The video is not published yet.", remedy="Poll it until it is completed.")
    return serving.serve(video, variant, method=method, headers=headers, environ=environ)
