"""What a party may see because of who is in it: every video, draft and remix with a likeness it may see for.

Whoever made it. The page is read from the appearances alone, which carry the time of their video: one index for each
likeness, newest first, from the mark on; so the ten-thousandth page reads as much as the first. A video that is asked
for meanwhile never moves what stands on a later page, for the mark is a place in time and not a number of rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db import connection
from django.db.models import Q

from consent import authority
from consent.authority import Act
from consent.models import Claim, Likeness, Party
from provenance.models import Appearance, Video

# Of each likeness so many from the mark on, then the first of all of them: what is on the page is among these.
PAGE: Final = """
SELECT DISTINCT found.created_at, found.video_id FROM unnest(%(likenesses)s::uuid[]) AS mine(likeness)
CROSS JOIN LATERAL (
    SELECT seen.created_at, seen.video_id FROM provenance_appearance seen{video}
    WHERE seen.likeness_id = mine.likeness{where}
    ORDER BY seen.created_at {order}, seen.video_id {order} LIMIT %(limit)s
) found
ORDER BY found.created_at {order}, found.video_id {order} LIMIT %(limit)s
"""
VIDEO: Final = " JOIN provenance_video video ON video.id = seen.video_id"
MADE_FROM: Final = (
    " AND EXISTS (SELECT FROM provenance_lineage edge WHERE edge.child_id = seen.video_id"
    " AND edge.parent_id = %(made_from)s)"
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which of the videos with somebody are asked for; `None`: not limited in this way. `until` is not included."""

    likeness: UUID | None = None
    states: tuple[str, ...] | None = None
    client: UUID | None = None
    purpose: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    made_from: UUID | None = None


def likenesses(party: Party) -> frozenset[UUID]:
    """Return every likeness the party may see for now: its own, and those that an accepted claim gives it."""
    own = set(Likeness.objects.filter(holder=party).values_list("pk", flat=True))
    claimed = Claim.objects.filter(claimant=party, state=Claim.State.ACCEPTED).exclude(likeness__in=own)
    others = set(claimed.values_list("likeness_id", flat=True))
    return frozenset(own | {each for each in others if each and authority.may_act(each, party, Act.SEE)})


def sees(party: Party, video: Video) -> bool:
    """Tell whether the party may see for somebody in the video. Two statements for a holder."""
    shown = Appearance.objects.filter(video=video)
    if shown.filter(likeness__holder=party).exists():
        return True
    claimed = Q(likeness__claims__claimant=party, likeness__claims__state=Claim.State.ACCEPTED)
    ids = set(shown.filter(claimed).values_list("likeness_id", flat=True))
    return any(authority.may_act(each, party, Act.SEE) for each in ids)


def mark(mine: frozenset[UUID], video: UUID) -> tuple[datetime, UUID] | None:
    """Return the place of a video in the list; `None`: it is not in it."""
    found = Appearance.objects.filter(likeness__in=mine, video=video).values_list("created_at", "video_id")
    return found.first()


def page(
    mine: frozenset[UUID], wanted: Wanted, *, after: tuple[datetime, UUID] | None, limit: int, ascending: bool = False
) -> list[UUID]:
    """Return the ids of at most `limit` videos, in one statement, beginning after the mark."""
    asked = mine if wanted.likeness is None else mine & {wanted.likeness}
    if not asked:
        return []
    statement, values = _statement(wanted, after, ascending=ascending)
    with connection.cursor() as cursor:
        cursor.execute(statement, values | {"likenesses": sorted(asked), "limit": limit})
        return [video for _, video in cursor.fetchall()]


def in_order(ids: Sequence[UUID], videos: Sequence[Video]) -> list[Video]:
    """Return the videos in the order of their ids; one that is gone meanwhile is left out."""
    found = {video.pk: video for video in videos}
    return [found[each] for each in ids if each in found]


def _statement(wanted: Wanted, after: tuple[datetime, UUID] | None, *, ascending: bool) -> tuple[str, dict[str, Any]]:
    """Return the statement with only the conditions that are asked for, and their values; no value is in its text."""
    conditions: dict[str, object] = {
        " AND seen.created_at >= %(since)s": wanted.since,
        " AND seen.created_at < %(until)s": wanted.until,
        " AND video.state = ANY(%(states)s)": list(wanted.states) if wanted.states is not None else None,
        " AND video.client_id = %(client)s": wanted.client,
        " AND video.purpose = %(purpose)s": wanted.purpose,
        MADE_FROM: wanted.made_from,
    }
    said = [text for text, value in conditions.items() if value is not None]
    values: dict[str, Any] = {
        "since": wanted.since,
        "until": wanted.until,
        "states": list(wanted.states or ()),
        "client": wanted.client,
        "purpose": wanted.purpose,
        "made_from": wanted.made_from,
    }
    if after is not None:
        beyond = ">" if ascending else "<"
        said.insert(0, f" AND (seen.created_at, seen.video_id) {beyond} (%(at)s, %(id)s)")
        values |= {"at": after[0], "id": after[1]}
    joined = VIDEO if any(each is not None for each in (wanted.states, wanted.client, wanted.purpose)) else ""
    order = "ASC" if ascending else "DESC"
    return PAGE.format(video=joined, where="".join(said), order=order), values
