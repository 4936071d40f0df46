"""A video that waits for a time stamp or a signature: visibly, with growing pauses, for a day at most.

A dead authority, a lost key or an ended certificate is no fault of the video's, so such an attempt is given back. If we
crash in here, the claim of the attempt runs out by itself and the next one begins.
"""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction
from django.db.models.functions import Now

from gpu_client.models import RenderJob
from ledger.problem import Problem
from provenance.certificates import ClaimChainUnusable
from provenance.models import Video
from provenance.stamp import NotTimeStamped, SignerUnavailable

WAITED_FOR = (NotTimeStamped, SignerUnavailable, ClaimChainUnusable)
FIRST, LONGEST = timedelta(seconds=10), timedelta(minutes=10)
MOST = 150  # attempts; with pauses of ten minutes that is a day, and nothing waits for ever


def pause(waits: int) -> timedelta:
    """Return how long to wait after so many attempts (at least one) without a stamp."""
    doubled: int = 2 ** min(waits - 1, 10)
    return min(FIRST * doubled, LONGEST)


def wait(job: RenderJob, because: Problem) -> bool:
    """Let the video of this job be tried again later; `False`: it has waited as long as anybody does."""
    with transaction.atomic():
        mine = Video.objects.filter(pk=job.video, job=job.pk, state=Video.State.STAMPING, stamp__isnull=True)
        video = mine.select_for_update(of=("self",)).first()
        if video is None:
            return True  # it was withheld or replaced meanwhile: nobody waits
        if video.waits >= MOST:
            return False
        video.waits, video.claims = video.waits + 1, max(video.claims - 1, 0)
        video.error_code, video.error_detail = because.code, because.detail[:1000]
        video.claimed_until = Now() + pause(video.waits)
        video.save(update_fields=["waits", "claims", "error_code", "error_detail", "claimed_until"])
    return True
