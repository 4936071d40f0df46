"""What anybody may have of a published video's stamp besides the file: its manifest store, and its receipt.

Both are given while the video may be shown, as its bytes are: a manifest is part of the file. Neither changes the file.
"""

from __future__ import annotations

import json
from pathlib import Path
from uuid import UUID

from django.conf import settings

from ledger import log, receipts
from ledger.proof import Proof
from provenance import jumbf, leases, renders
from provenance.models import Stamp, Video
from provenance.serving import ContentUnavailable
from provenance.stamp_receipt import StampReceipt


def manifest_store(video_id: UUID) -> bytes:
    """Return the C2PA manifest store of the stamped file, as it is in it.

    Raises `VideoNotFound` for what was never published, `ConsentWithdrawn`, or `ContentUnavailable`.
    """
    video = _shown(video_id)
    try:
        with (Path(settings.MEDIA_ROOT) / video.path).open("rb") as file:
            store = jumbf.manifest_store(file)
    except (OSError, jumbf.Malformed):
        store = None
    if store is None:
        raise ContentUnavailable("The file of this video is missing.", remedy="Tell the operator the video's id.")
    leases.take(video.id)  # it may have been withdrawn while we read
    return store


def receipt(video_id: UUID) -> StampReceipt:
    """Return the receipt of the stamp under the newest published checkpoint.

    Raises as `manifest_store`, and `ledger.log.NotYetPublished` while no published checkpoint covers it.
    """
    video = _shown(video_id)
    entry = Stamp.objects.select_related("entry").get(video=video).entry
    place, opened = log.place(entry), log.opening(entry)
    return StampReceipt(
        origin=settings.LEDGER_ORIGIN,
        entry=bytes(entry.body),
        index=place.index,
        proof=Proof(place.index, place.path, place.text).text(),
        receipt=receipts.receipt_at(bytes(entry.body), place),
        salt=opened.salt,
        document=json.loads(opened.payload),
    )


def _shown(video_id: UUID) -> Video:
    """Return a video that was published and may be shown now. Absent and never published are one answer."""
    known = Video.objects.filter(pk=video_id, stamp__isnull=False, published_at__isnull=False, deleted_at=None)
    video = known.first()
    if video is None:
        raise renders.VideoNotFound("There is no such video.", pointer="/id", remedy="Check the id.")
    leases.take(video.id)
    return video
