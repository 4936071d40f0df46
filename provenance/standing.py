"""What anyone may know: whether consent for a video stands now. Absent and private are one answer."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from django.db.models import Q

from consent.standing import SHOWABLE, Standing, standing
from provenance import lineage, sentences
from provenance.models import Stamp, Video
from provenance.report import Since
from provenance.verify import ProvenPermit

CONSENTED, ENDED, WITHDRAWN, BLOCKED, UNKNOWN = "consented", "ended", "withdrawn", "blocked", "unknown"
WORDS = {
    CONSENTED: sentences.of(Since.STANDING),
    ENDED: sentences.of(Since.KEPT),
    WITHDRAWN: sentences.of(Since.WITHDRAWN),
    BLOCKED: sentences.of(Since.BLOCKED),
    UNKNOWN: sentences.of(Since.UNKNOWN),
}

PUBLISHED_ONCE = Q(stamp__isnull=False, published_at__isnull=False)


def public_standing(video_id: UUID) -> str:
    """Return "consented", "ended", "withdrawn", "blocked" or "unknown". Who took consent back comes before a block.

    "ended": permission has ended, and by the person's own clause the work stays visible.

    Only what was published once is known to the public; whether its client deleted it since is not asked, for the
    question is about the people in it, and files travel.
    """
    published = Video.objects.filter(PUBLISHED_ONCE, pk=video_id)
    state = published.values_list("state", "error_code").first()
    if state is None:
        return UNKNOWN
    if state == (Video.State.WITHHELD, "consent-withdrawn"):
        return WITHDRAWN
    held = lineage.grants_behind(video_id)
    found = set(standing(held).values())
    stops = lineage.stops([video_id]).get(video_id, frozenset())
    if not found or not found <= SHOWABLE or lineage.SHUT_OUT in stops:
        return WITHDRAWN
    if stops:
        return BLOCKED
    return CONSENTED if found == {Standing.STANDS} else ENDED


def since(permit: ProvenPermit) -> str:
    """Say how the consent proven by a file stands now: every grant behind that video, its ancestors' included.

    Whoever holds the file knows of the video, so a video that was never published is answered for as well.
    """
    found = set(standing(lineage.grants_behind(permit.video)).values())
    stops = lineage.stops([permit.video]).get(permit.video, frozenset())
    if found & {Standing.WITHDRAWN, Standing.SUSPENDED} or lineage.SHUT_OUT in stops:
        return Since.WITHDRAWN
    if stops:
        return Since.BLOCKED
    if Standing.EXPIRED in found:
        return Since.EXPIRED
    return ended_since(found) if found and found <= SHOWABLE else Since.UNKNOWN


def ended_since(found: Collection[Standing]) -> Since:
    """Return how much of what may be shown has ended: of several clauses the one that asks for a label is told."""
    if Standing.KEPT_WITH_LABEL in found:
        return Since.KEPT_WITH_LABEL
    return Since.KEPT if Standing.KEPT in found else Since.STANDING


def stamp_of(label: str) -> Stamp | None:
    """Return our record of a stamp; `None`: we made none of that name."""
    return Stamp.objects.filter(manifest_label=label).first()
