"""Follow what was made from what: ancestors for the question "may it be seen", descendants for the cascade.

Both are one recursive statement; `UNION` drops what was already found, so that even a cycle, which no verb can make,
would end.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from uuid import UUID

from django.db import connection

from ledger.models import Entry
from provenance.models import Appearance, Lineage, Video

ANCESTORS = """
WITH RECURSIVE line(id) AS (
    SELECT unnest(%s::uuid[])
    UNION
    SELECT edge.parent_id FROM provenance_lineage edge JOIN line ON edge.child_id = line.id
) SELECT id FROM line
"""
DESCENDANTS = """
WITH RECURSIVE line(id) AS (
    SELECT unnest(%s::uuid[])
    UNION
    SELECT edge.child_id FROM provenance_lineage edge JOIN line ON edge.parent_id = line.id
) SELECT id FROM line
"""
BEHIND = """
WITH RECURSIVE line(root, id) AS (
    SELECT video, video FROM unnest(%s::uuid[]) AS asked(video)
    UNION
    SELECT line.root, edge.parent_id FROM provenance_lineage edge JOIN line ON edge.child_id = line.id
) SELECT DISTINCT line.root, seen.grant_id FROM line JOIN provenance_appearance seen ON seen.video_id = line.id
"""
# A cycle, which no verb can make, would count to the bound and end there.
DEPTH = """
WITH RECURSIVE line(id, depth) AS (
    SELECT %s::uuid, 0
    UNION
    SELECT edge.parent_id, line.depth + 1 FROM provenance_lineage edge JOIN line ON edge.child_id = line.id
    WHERE line.depth < 1000
) SELECT max(depth) FROM line
"""
SHUT_OUT, BLOCKED = "client-shut-out", "blocked"
# Shut out: whoever was made it, or made what it was made from, with the likeness that shut them out. Blocked: it is, or
# something that it was made from is, with all that was made from it.
STOPS = """
WITH RECURSIVE line(root, id) AS (
    SELECT video, video FROM unnest(%s::uuid[]) AS asked(video)
    UNION
    SELECT line.root, edge.parent_id FROM provenance_lineage edge JOIN line ON edge.child_id = line.id
) SELECT line.root, 'client-shut-out' FROM line
    JOIN provenance_video video ON video.id = line.id
    JOIN provenance_appearance seen ON seen.video_id = line.id
    JOIN consent_exclusion barred
        ON barred.likeness_id = seen.likeness_id AND barred.party_id = video.client_id AND barred.lifted_at IS NULL
UNION SELECT line.root, 'blocked' FROM line
    JOIN consent_block block ON block.video = line.id AND block.lifted_at IS NULL AND block.until > clock_timestamp()
    WHERE block.scope = 'family' OR line.id = line.root
"""
# From the blocks down: few, whatever the number of videos.
BLOCKED_NOW = """
WITH RECURSIVE line(id, onward) AS (
    SELECT video, scope = 'family' FROM consent_block WHERE lifted_at IS NULL AND until > clock_timestamp()
    UNION
    SELECT edge.child_id, true FROM provenance_lineage edge JOIN line ON edge.parent_id = line.id AND line.onward
) SELECT id FROM line
"""


class CastTooSmallError(Exception):
    """A remix that would not carry a likeness of its parent: a fault of ours, never of the request."""


def with_ancestors(videos: Collection[UUID]) -> set[UUID]:
    """Return the videos and everything that they were made from."""
    return _closure(ANCESTORS, videos)


def with_descendants(videos: Collection[UUID]) -> set[UUID]:
    """Return the videos and everything that was made from them, remixes of remixes included."""
    return _closure(DESCENDANTS, videos)


def depth(video: UUID) -> int:
    """Return how many videos lie between this one and one without a parent, by the longest way; 0: it has none."""
    with connection.cursor() as cursor:
        cursor.execute(DEPTH, [video])
        (found,) = cursor.fetchone()
    return int(found)


def record(child: Video, parent: Video, entry: Entry) -> Lineage:
    """Add the edge of a remix, whose own appearances must already hold all of the parent's.

    That inheritance is what lets one look at a video's own rows name its whole cast; so it is asserted here, and a
    remix that misses a likeness rolls back.
    """
    inherited = set(Appearance.objects.filter(video=parent).values_list("likeness_id", flat=True))
    carried = set(Appearance.objects.filter(video=child).values_list("likeness_id", flat=True))
    if not inherited or not inherited <= carried:
        raise CastTooSmallError(f"Video {child.id} does not carry every likeness of its parent {parent.id}.")
    return Lineage.objects.create(child=child, parent=parent, entry=entry)


def grants_behind(video: UUID) -> frozenset[UUID]:
    """Return every grant that a video rests on: its own appearances' and its ancestors'.

    A remix may rest on a younger grant of the same likeness than its parent does; when the parent's ends, both stop.
    """
    found = Appearance.objects.filter(video__in=with_ancestors([video])).values_list("grant_id", flat=True)
    return frozenset(found)


def grants_behind_each(videos: Collection[UUID]) -> dict[UUID, frozenset[UUID]]:
    """Return the same of each of the videos, in one statement. One that rests on none is not in the answer."""
    with connection.cursor() as cursor:
        cursor.execute(BEHIND, [list(videos)])
        rows = cursor.fetchall()
    return {root: frozenset(grant for one, grant in rows if one == root) for root in {row[0] for row in rows}}


def stops(videos: Collection[UUID]) -> dict[UUID, frozenset[str]]:
    """Return which of the videos stop whatever their grants say, and why: `SHUT_OUT`, `BLOCKED`, or both."""
    with connection.cursor() as cursor:
        cursor.execute(STOPS, [list(videos)])
        rows = cursor.fetchall()
    return {root: frozenset(why for one, why in rows if one == root) for root in {row[0] for row in rows}}


def barred(videos: Collection[UUID]) -> set[UUID]:
    """Return those that stop because their maker, or an ancestor's, was shut out, or because of a block."""
    return set(stops(videos))


def _closure(statement: str, videos: Iterable[UUID]) -> set[UUID]:
    with connection.cursor() as cursor:
        cursor.execute(statement, [list(videos)])
        return {row[0] for row in cursor.fetchall()}
