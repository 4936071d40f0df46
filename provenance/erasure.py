"""What is left of videos when somebody is erased: that there was one, and the digest by which a stray copy is known.

A worker that was at work on a video while it was blanked goes on writing until it comes to record what it made, and
finds that nobody waits for it. If it is killed before that, its files stay, and no row names them: so whoever comes
again removes the files of blank videos too, and for a day the sweeper comes again.
"""

from __future__ import annotations

import logging
import shutil
from datetime import timedelta
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.db.models import CharField, F, Value
from django.db.models.functions import Cast, Concat, Now

from consent.models import Party
from ledger.durable import sync_folder
from provenance import lineage, publication
from provenance.models import Appearance, Fingerprint, Video

BATCH = 200  # videos locked by one statement
CLIENT_ERASED = "client-erased"  # why it is not shown; the consent of those in it may stand
REVISITED = timedelta(days=1)  # far longer than any worker is at work on one video
logger = logging.getLogger(__name__)


def forget(party: Party) -> int:
    """Withhold and blank the videos that the party asked for, those that show it, and all made from the latter.

    In the caller's transaction; returns how many were not blank yet. The files that are there now go before it commits,
    those of videos blanked by an earlier visit too; for what a worker still writes see `revisit`. Nothing serves a
    video whose consent has ended or whose client is erased.
    """
    showing = Appearance.objects.filter(likeness__holder=party).values_list("video_id", flat=True).distinct()
    asked = Video.objects.filter(client=party).values_list("pk", flat=True)
    shown = _forget(lineage.with_descendants(list(showing)), publication.WITHDRAWN)
    return shown + _forget(set(asked), CLIENT_ERASED)


def _forget(videos: set[UUID], code: str) -> int:
    left = sorted(Video.objects.filter(pk__in=videos, erased_at=None).values_list("pk", flat=True))
    for at in range(0, len(left), BATCH):
        batch = left[at : at + BATCH]
        publication.withhold(set(batch), because="subject-erased", code=code)
        for video in batch:  # the rows are locked: nobody can record a file any more
            remove_files(video)
        _blank(batch)
    for video in videos.difference(left):  # blank already: what a worker wrote after an earlier visit
        remove_files(video)
    return len(left)


def _blank(batch: list[UUID]) -> None:
    Fingerprint.objects.filter(video__in=batch).delete()
    Video.objects.filter(pk__in=batch).update(
        prompt="",
        error_detail="",
        idempotency_key=Concat(Value("erased:"), Cast(F("pk"), CharField())),
        request_sha256="",
        path="",
        thumbnail_path="",
        claimed_until=None,
        erased_at=Now(),
    )


def revisit() -> int:
    """Remove what workers wrote for videos that were blanked meanwhile; return for how many that was tried in vain."""
    stayed = 0
    lately = Video.objects.filter(erased_at__gt=Now() - REVISITED).values_list("pk", flat=True)
    for video in lately.iterator():
        try:
            remove_files(video)
        except OSError:  # a worker may be writing there at this moment
            logger.exception("files of the erased video %s stay until the next visit", video)
            stayed += 1
    return stayed


def remove_files(video: UUID) -> None:
    """Remove every file that a video has now, those of attempts that no row names too; raise `OSError` if one stays."""
    root = Path(settings.MEDIA_ROOT)
    if (root / str(video)).is_dir():
        shutil.rmtree(root / str(video))
        sync_folder(root)
