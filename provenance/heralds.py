"""The follower that tells the webhooks of a video's client, and of those whom it shows, what became of it.

Both can look at the video itself (`GET /v1/videos/{id}`, `/v1/appearances`), drafts and failures included, so neither
learns here what it could not ask. The prompt, the reasons and the others in it are not said. The entries are sealed
under this app's own key, so there is no proof of them to ask for.
"""

from __future__ import annotations

from collections import defaultdict
from itertools import chain
from typing import TYPE_CHECKING, Final
from uuid import UUID

from consent.models import WebhookEndpoint
from consent.webhooks import deliveries
from ledger import log
from ledger.canonical import parse
from ledger.models import Entry
from ledger.subjectkeys import Erased
from provenance.models import Appearance, Video

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ledger.follower import LoggedEntry

TOLD: Final = frozenset({"video.stamped", "video.published", "video.withheld", "video.removed", "video.failed"})


def handle(entry: LoggedEntry) -> None:
    """Queue what this entry means for whoever listens. A repetition finds it queued."""
    if entry.kind not in TOLD or not WebhookEndpoint.objects.filter(state=WebhookEndpoint.State.ENABLED).exists():
        return
    row = Entry.objects.select_related("sealed__subject_key").get(pk=entry.entry_id)
    try:
        payload = parse(log.opening(row).payload)["payload"]
    except Erased:  # an entry that was read back into the database after a restore
        return
    for party, videos in _concerned(payload.get("videos") or [payload["video"]]).items():
        data: dict[str, object] = {"videos": videos} if entry.kind == "video.withheld" else {"video": videos[0]}
        deliveries.enqueue({party}, entry.kind, data, entry=row, shown=None)


def _concerned(named: Sequence[str]) -> dict[UUID, list[str]]:
    """Return for each party those of the videos that it asked for or is in: a cascade withholds many by one entry."""
    found: dict[UUID, set[str]] = defaultdict(set)
    videos = [UUID(video) for video in named]
    asked = Video.objects.filter(pk__in=videos).values_list("client_id", "pk")
    shown = Appearance.objects.filter(video__in=videos).values_list("likeness__holder_id", "video_id")
    for party, video in chain(asked, shown):
        found[party].add(str(video))
    return {party: sorted(theirs) for party, theirs in found.items()}
