"""Follow what was made from what: ancestors for the question "may it be seen", descendants for the cascade.

Edges are kept flat beside themselves (`models.descent`), by the database: a family of any depth is one look-up.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from uuid import UUID

from django.db import connection

from ledger.models import Entry
from provenance.models import Appearance, Lineage, Video

ANCESTORS = "SELECT DISTINCT ancestor FROM provenance_descent WHERE video = ANY(%s)"
DESCENDANTS = "SELECT DISTINCT video FROM provenance_descent WHERE ancestor = ANY(%s)"
BEHIND = 'SELECT video, "grant" FROM provenance_footing WHERE video = ANY(%s)'
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
SELECT rests.video, 'client-shut-out' FROM provenance_footing rests
    JOIN consent_exclusion barred ON barred.likeness_id = rests.likeness AND barred.party_id = rests.client
        AND barred.lifted_at IS NULL
    WHERE rests.video = ANY(%(videos)s)
UNION SELECT line.video, 'blocked' FROM provenance_descent line
    JOIN consent_block block ON block.video = line.ancestor AND block.lifted_at IS NULL
        AND block.until > clock_timestamp()
    WHERE line.video = ANY(%(videos)s) AND (block.scope = 'family' OR line.ancestor = line.video)
"""
# From the blocks down: few, whatever the number of videos.
BLOCKED_NOW = """
SELECT DISTINCT line.video FROM consent_block block JOIN provenance_descent line ON line.ancestor = block.video
    AND (block.scope = 'family' OR line.video = block.video)
    WHERE block.lifted_at IS NULL AND block.until > clock_timestamp()
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
    return grants_behind_each([video]).get(video, frozenset())


def grants_behind_each(videos: Collection[UUID]) -> dict[UUID, frozenset[UUID]]:
    """Return the same of each of the videos, in one statement. One that rests on none is not in the answer."""
    with connection.cursor() as cursor:
        cursor.execute(BEHIND, [list(videos)])
        rows = cursor.fetchall()
    return {root: frozenset(grant for one, grant in rows if one == root) for root in {row[0] for row in rows}}


def stops(videos: Collection[UUID]) -> dict[UUID, frozenset[str]]:
    """Return which of the videos stop whatever their grants say, and why: `SHUT_OUT`, `BLOCKED`, or both."""
    with connection.cursor() as cursor:
        cursor.execute(STOPS, {"videos": list(videos)})
        rows = cursor.fetchall()
    return {root: frozenset(why for one, why in rows if one == root) for root in {row[0] for row in rows}}


def barred(videos: Collection[UUID]) -> set[UUID]:
    """Return those that stop because their maker, or an ancestor's, was shut out, or because of a block."""
    return set(stops(videos))


def _closure(statement: str, videos: Iterable[UUID]) -> set[UUID]:
    with connection.cursor() as cursor:
        cursor.execute(statement, [list(videos)])
        return {row[0] for row in cursor.fetchall()}
