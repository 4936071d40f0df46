"""What anyone may know: whether consent for a video stands now. Absent and private are one answer."""

from __future__ import annotations

from uuid import UUID

from consent.standing import SHOWABLE, Standing, standing
from provenance import lineage
from provenance.models import Stamp, Video
from provenance.report import Since
from provenance.verify import ProvenPermit

CONSENTED, WITHDRAWN, UNKNOWN = "consented", "withdrawn", "unknown"


def public_standing(video_id: UUID) -> str:
    """Return "consented", "withdrawn" or "unknown".

    Only what was published once is known to the public; whether its client deleted it since is not asked, for the
    question is about the people in it, and files travel.
    """
    published = Video.objects.filter(pk=video_id, stamp__isnull=False, published_at__isnull=False)
    state = published.values_list("state", "error_code").first()
    if state is None:
        return UNKNOWN
    if state == (Video.State.WITHHELD, "consent-withdrawn"):
        return WITHDRAWN
    held = lineage.grants_behind(video_id)
    shown = bool(held) and set(standing(held).values()) <= SHOWABLE and not lineage.barred([video_id])
    return CONSENTED if shown else WITHDRAWN


def since(permit: ProvenPermit) -> str:
    """Say how the consent proven by a file stands now: every grant behind that video, its ancestors' included.

    Whoever holds the file knows of the video, so a video that was never published is answered for as well.
    """
    found = set(standing(lineage.grants_behind(permit.video)).values())
    if found & {Standing.WITHDRAWN, Standing.SUSPENDED} or lineage.barred([permit.video]):
        return Since.WITHDRAWN
    if Standing.EXPIRED in found:
        return Since.EXPIRED
    return Since.STANDING if found == {Standing.STANDS} else Since.UNKNOWN


def stamp_of(label: str) -> Stamp | None:
    """Return our record of a stamp; `None`: we made none of that name."""
    return Stamp.objects.filter(manifest_label=label).first()
