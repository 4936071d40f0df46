"""What is left of videos when somebody is erased: that there was one, and the digest by which a stray copy is known."""

from __future__ import annotations

import shutil
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.db.models import CharField, F, Value
from django.db.models.functions import Cast, Concat, Now

from consent.models import Party
from ledger.durable import sync_folder
from provenance import lineage, publication
from provenance.models import Appearance, Video

BATCH = 200  # videos locked by one statement
CLIENT_ERASED = "client-erased"  # why it is not shown; the consent of those in it may stand


def forget(party: Party) -> int:
    """Withhold and blank the videos that the party asked for, those that show it, and all made from the latter.

    In the caller's transaction; returns how many. Files go before it commits: if it does not, the next visit finds
    them gone, and nothing serves a video whose consent has ended or whose client is erased.
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
        for video in batch:
            remove_files(video)
        _blank(batch)
    return len(left)


def _blank(batch: list[UUID]) -> None:
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


def remove_files(video: UUID) -> None:
    """Remove every file of a video, those of attempts that no row names included; raise `OSError` if one stays."""
    root = Path(settings.MEDIA_ROOT)
    if (root / str(video)).is_dir():
        shutil.rmtree(root / str(video))
        sync_folder(root)
