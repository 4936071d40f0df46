"""The use that a video was allowed for: what its remixes begin with, and what gate 3 decides again."""

from __future__ import annotations

from dataclasses import replace

from consent import decisions
from consent.models import Permit
from consent.use import Use
from gpu_client.models import RenderJob
from provenance.models import Video


def permit_of(video: Video) -> Permit:
    """Return the permit that the video's job presents: another one than it was asked for under, after a renewal."""
    job = RenderJob.objects.values("permit").get(pk=video.job)
    return Permit.objects.select_related("decision").get(pk=job["permit"])


def use_of(video: Video) -> Use:
    """Return the use that gate 1 allowed and its permit counted, for exactly the cast that appears."""
    cast = frozenset(str(one) for one in video.appearances.values_list("likeness_id", flat=True))
    return replace(decisions.use_of(permit_of(video).decision, counted=True), cast=cast)
