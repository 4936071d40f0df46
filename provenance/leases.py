"""Gate 4: the right to send bytes of a video for less than a second.

A lease is counted from the monotonic moment *before* consent was asked, so that the answer it rests on is never older
than the lease. A withdrawal is acknowledged `SERVING_LEASE_SECONDS` after its commit: every lease that was taken on an
answer from before that commit has ended by then, in every process, without any message between them.
"""

from __future__ import annotations

import time
from collections.abc import Collection
from dataclasses import dataclass
from typing import ClassVar, Final
from uuid import UUID

from django.conf import settings

from consent import standing
from ledger import prepared
from ledger.problem import Problem
from provenance import lineage
from provenance.models import Video

MARGIN = 0.2  # share of the lease kept back for the watchdog to wake up and the kernel to drop what it still holds
SHOWABLE = (Video.State.PUBLISHED, Video.State.STAMPING)  # the second only with a stamp: a draft


class ConsentWithdrawn(Problem):
    """The video exists, and may no longer be shown."""

    code: ClassVar[str] = "consent-withdrawn"
    status: ClassVar[int] = 410
    title: ClassVar[str] = "Consent for this video has ended"


class VideoBlocked(ConsentWithdrawn):
    """By an order it may not be shown for now, nor what was made from it."""

    code: ClassVar[str] = "video-blocked"
    status: ClassVar[int] = 403
    title: ClassVar[str] = "The video is blocked"


# May it be shown, for the simplest of reasons: every grant behind it plainly stands, nobody was shut out, and nothing
# in its line is under an order. What this does not find is asked about at length (`_at_length`): an ended grant may
# keep a video visible by its own clause, a block may have run out.
PLAIN: Final = """
SELECT video.id FROM provenance_video video
WHERE video.id = ANY(%s) AND video.state IN ('published', 'stamping') AND video.deleted_at IS NULL
    AND EXISTS (SELECT FROM provenance_stamp stamp WHERE stamp.video_id = video.id)
    AND EXISTS (SELECT FROM provenance_footing rests WHERE rests.video = video.id)
    AND NOT EXISTS (
        SELECT FROM provenance_footing rests WHERE rests.video = video.id AND (
            NOT plainly_stands
            OR EXISTS (
                SELECT FROM consent_exclusion barred WHERE barred.likeness_id = rests.likeness
                    AND barred.party_id = rests.client AND barred.lifted_at IS NULL
            )
        )
    )
    AND NOT EXISTS (
        SELECT FROM provenance_descent line
        JOIN consent_block block ON block.video = line.ancestor AND block.lifted_at IS NULL
        WHERE line.video = video.id
    )
""".replace("plainly_stands", standing.PLAINLY.format(grant='rests."grant"'))
PLAIN_ONE: Final = PLAIN.replace("video.id = ANY(%s)", "video.id = %s")


@dataclass(frozen=True, slots=True)
class Lease:
    """Permission to send bytes of one video until a moment of this process's monotonic clock."""

    video: UUID
    until: float

    def holds(self) -> bool:
        """Say whether bytes may leave now."""
        return time.monotonic() < self.until


def length() -> float:
    """Return for how many seconds a lease is good."""
    return float(settings.SERVING_LEASE_SECONDS) * (1 - MARGIN)


def take(video: UUID) -> Lease:
    """Ask consent now and return a lease, or raise `ConsentWithdrawn`.

    Whatever is wrong with the answer, a grant unknown, a cast empty, a state that may not be seen, gives no lease;
    an error of the database leaves as it is, and no byte leaves with it.
    """
    started = time.monotonic()
    if video in standing_now([video]):
        return Lease(video, started + length())
    if lineage.BLOCKED in lineage.stops([video]).get(video, ()):
        raise blocked("/id")
    raise ConsentWithdrawn(
        "A person depicted in this video, or in one that it was made from, no longer permits it.",
        remedy="It cannot be played any more. GET /v1/videos/{id}/status says how it stands.",
    )


def standing_now(videos: Collection[UUID]) -> set[UUID]:
    """Return which of the videos may be shown now: one statement where consent plainly stands, a few where not."""
    plain = _plainly(videos)
    rest = set(videos) - plain
    return plain | _at_length(rest) if rest else plain


def _plainly(videos: Collection[UUID]) -> set[UUID]:
    """Ask the short way. Of one video, as for each response, by a statement that the server plans once and for all."""
    if len(videos) == 1:
        return {row[0] for row in prepared.rows(PLAIN_ONE, list(videos))}
    return {row[0] for row in prepared.rows(PLAIN, [list(videos)])}


def _at_length(videos: Collection[UUID]) -> set[UUID]:
    """Judge every grant that each of the videos rests on; a video that rests on none is never shown."""
    held = lineage.grants_behind_each(videos)
    asked = frozenset().union(*held.values()) if held else frozenset()
    answers = standing.standing(asked) if asked else {}
    shown = Video.objects.filter(
        id__in=list(held), state__in=SHOWABLE, stamp__isnull=False, deleted_at__isnull=True
    ).values_list("id", flat=True)
    may = {grant for grant, answer in answers.items() if answer in standing.SHOWABLE}
    covered = {video for video in shown if held[video] and held[video] <= may}
    return covered - lineage.barred(covered) if covered else covered


def blocked(pointer: str) -> VideoBlocked:
    """Return the refusal of what is blocked; its case is not for whoever asks here."""
    remedy = "It can be shown again if the block is lifted or ends. GET /v1/videos/{id}/status says how it stands."
    return VideoBlocked("An order stops this video, or one that it was made from.", pointer=pointer, remedy=remedy)
