"""Does a grant stand now? Asked by every gate after the first, at the moment it matters, and answered by one query.

The clock is the database's. An id without a row is answered too, with UNKNOWN:
what cannot be found does not stand. A grant that another one superseded stands as that one does, and
rests while any in that line rests: replacing a suspended grant does not bring back what was made under it.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Final

from django.db import connection

from consent import exclusions
from consent.models import Grant, Likeness

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime
    from uuid import UUID


class Standing(StrEnum):
    """What a grant is worth now. Only STANDS permits anything new; SHOWABLE says what permits showing what was made."""

    STANDS = "stands"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    NOT_YET = "not_yet"
    SUSPENDED = "suspended"  # it rests, or the likeness is in no state that permits
    KEPT = "kept"  # ended, and by its own clause what was made until then stays visible
    KEPT_WITH_LABEL = "kept_with_label"  # the same, with a label that says so
    UNKNOWN = "unknown"


SHOWABLE: Final = frozenset({Standing.STANDS, Standing.KEPT, Standing.KEPT_WITH_LABEL})
_KEPT: Final = {"keep": Standing.KEPT, "keep_with_label": Standing.KEPT_WITH_LABEL}
_LINE: Final = """
WITH RECURSIVE line(asked, id, rests) AS (
    SELECT id, id, false FROM consent_grant WHERE id = ANY(%s)
    UNION
    SELECT line.asked, g.superseded_by_id, line.rests OR EXISTS (
        SELECT FROM consent_suspension s WHERE s.grant_id = g.id AND s.resumed_at IS NULL
    ) FROM line
    JOIN consent_grant g ON g.id = line.id AND g.ended_at IS NULL AND g.superseded_by_id IS NOT NULL
)
SELECT line.asked, g.ended_at, g.after_end,
    CASE WHEN l.state = 'active' AND (line.rests OR EXISTS (
        SELECT FROM consent_suspension s WHERE s.grant_id = g.id AND s.resumed_at IS NULL
    )) THEN 'suspended' ELSE l.state END, g.not_before, g.not_after, clock_timestamp()
FROM line
JOIN consent_grant g ON g.id = line.id AND (g.superseded_by_id IS NULL OR g.ended_at IS NOT NULL)
JOIN consent_likeness l ON l.id = g.likeness_id
"""

# True of a grant that stands for the simplest of reasons: it is the last of its line, has not ended, is within its
# window, nothing rests, and its likeness permits. Whoever finds it untrue asks `standing`, which knows the others.
PLAINLY: Final = """
EXISTS (
    SELECT FROM consent_grant g JOIN consent_likeness l ON l.id = g.likeness_id
    WHERE g.id = {grant} AND g.ended_at IS NULL AND g.superseded_by_id IS NULL AND l.state = 'active'
        AND g.not_before <= clock_timestamp() AND g.not_after > clock_timestamp()
        AND NOT EXISTS (SELECT FROM consent_suspension s WHERE s.grant_id = g.id AND s.resumed_at IS NULL)
)
"""


def standing(grant_ids: Collection[UUID]) -> dict[UUID, Standing]:
    """Return the standing of each id, in one statement and so of one moment.

    A party's own earlier end inside the audience is not asked here: it limits what may
    be begun (a permit never outlives it), not what was made.
    """
    with connection.cursor() as cursor:
        cursor.execute(_LINE, [list(grant_ids)])
        found = {
            asked: _judge(ended, (*window,), after, state) for asked, ended, after, state, *window in cursor.fetchall()
        }
    return {grant_id: found.get(grant_id, Standing.UNKNOWN) for grant_id in grant_ids}


def all_stand(grant_ids: Collection[UUID]) -> bool:
    """Return True only if there is at least one grant and every one stands, for nobody in particular.

    A gate knows who asks, and so asks `all_stand_for`.
    """
    found = standing(grant_ids)
    return bool(found) and all(value is Standing.STANDS for value in found.values())


def all_stand_for(grant_ids: Collection[UUID], client: UUID) -> bool:
    """Return True only if every grant stands, there is one, and no likeness of theirs has shut the client out."""
    if not all_stand(grant_ids):
        return False
    likenesses = set(Grant.objects.filter(pk__in=grant_ids).values_list("likeness_id", flat=True))
    return not exclusions.excluded(likenesses, client)


def _judge(ended: datetime | None, window: tuple[datetime, datetime, datetime], after_end: str, state: str) -> Standing:
    """Judge one row; `window` is its two ends and now. An end on record comes first, whatever the clock says.

    What a clause keeps rests all the same while the grant or its likeness does: a suspension overrides it.
    """
    begins, ends, at = window
    if ended is not None or state == Likeness.State.WITHDRAWN:
        rests = state not in {Likeness.State.ACTIVE, Likeness.State.WITHDRAWN}
        kept = _KEPT.get(after_end, Standing.WITHDRAWN)
        return Standing.SUSPENDED if rests and kept is not Standing.WITHDRAWN else kept
    if state != Likeness.State.ACTIVE:
        return Standing.SUSPENDED
    if at < begins:
        return Standing.NOT_YET
    return _KEPT.get(after_end, Standing.EXPIRED) if at >= ends else Standing.STANDS
