"""After the end of a grant whose clause says `delete`: the files of what rests on it go, and the record stays.

However the end came: withdrawn, revoked, or by its own date, of which no entry tells; so a sweeper looks. Whether such
a video was ever published makes no difference. What was made from it holds its pictures and goes with it, the youngest
first: until the last of a family is gone its eldest is still found, so a crash in between leaves nothing behind.
"""

from __future__ import annotations

import logging
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction

from ledger import log
from provenance import erasure, lineage, publication
from provenance.models import Video
from provenance.results import SYSTEM, WAITING

BATCH = 100  # videos that are looked at in one round, each with what was made from it
# A grant that another took the place of has the end, and the clause, of that one.
OVER = """
WITH RECURSIVE gone(id) AS (
    SELECT id FROM consent_grant WHERE after_end = 'delete'
        AND (ended_at IS NOT NULL OR (superseded_by_id IS NULL AND not_after <= clock_timestamp()))
    UNION
    SELECT older.id FROM consent_grant older JOIN gone ON older.superseded_by_id = gone.id AND older.ended_at IS NULL
)
SELECT DISTINCT video.id FROM gone
JOIN provenance_appearance seen ON seen.grant_id = gone.id
JOIN provenance_video video ON video.id = seen.video_id
WHERE video.path <> '' OR video.state = ANY(%s)
LIMIT %s
"""
logger = logging.getLogger(__name__)


def sweep() -> int:
    """Remove what is due; return how many videos lost their files. What cannot be removed is tried again."""
    removed = 0
    for eldest in _over():
        family = Video.objects.filter(pk__in=lineage.with_descendants([eldest])).order_by("-created_at", "-pk")
        try:
            removed += sum(_remove(video) for video in family.values_list("pk", flat=True))
        except OSError:
            logger.exception("files of the video %s, or of what was made from it, stay until the next visit", eldest)
    return removed


def _over() -> list[UUID]:
    with connection.cursor() as cursor:
        cursor.execute(OVER, [[str(state) for state in (*WAITING, Video.State.PUBLISHED)], BATCH])
        return [row[0] for row in cursor.fetchall()]


def _remove(video_id: UUID) -> bool:
    """Withhold a video and remove its files, in one transaction: as long as it has not committed, it is done again."""
    with transaction.atomic():
        publication.withhold({video_id}, because="after_end_delete")
        video = Video.objects.select_for_update().get(pk=video_id)
        if not video.path:
            return False
        erasure.remove_files(video.id)
        (Path(settings.GPU_RESULTS_DIR) / f"{video.job}.mp4").unlink(missing_ok=True)
        log.append("video.removed", {"video": str(video.id)}, actor=SYSTEM, subject=SYSTEM)
        video.path = video.thumbnail_path = ""
        video.save(update_fields=["path", "thumbnail_path"])
    return True
