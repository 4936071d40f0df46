"""Does a grant stand now? Asked by every gate after the first, at the moment it matters, and answered by one query.

The clock is the database's. An id without a row is answered too, with UNKNOWN:
what cannot be found does not stand.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from django.db.models import DateTimeField, Func

from consent.models import Grant, Likeness

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime
    from uuid import UUID


class Standing(StrEnum):
    """What a grant is worth now. Only STANDS permits."""

    STANDS = "stands"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    NOT_YET = "not_yet"
    SUSPENDED = "suspended"  # the likeness is in no state that permits
    UNKNOWN = "unknown"


class _ClockTimestamp(Func):
    function = "clock_timestamp"
    template = "%(function)s()"
    output_field = DateTimeField()


def standing(grant_ids: Collection[UUID]) -> dict[UUID, Standing]:
    """Return the standing of each id, in one statement and so of one moment.

    A party's own earlier end inside the audience is not asked here: it limits what may
    be begun (a permit never outlives it), not what was made.
    """
    rows = Grant.objects.filter(pk__in=grant_ids).values_list(
        "pk", "ended_at", "not_before", "not_after", "likeness__state", _ClockTimestamp()
    )
    found = {row[0]: _judge(*row[1:]) for row in rows}
    return {grant_id: found.get(grant_id, Standing.UNKNOWN) for grant_id in grant_ids}


def all_stand(grant_ids: Collection[UUID]) -> bool:
    """Return True only if there is at least one grant and every one stands."""
    found = standing(grant_ids)
    return bool(found) and all(value is Standing.STANDS for value in found.values())


def _judge(ended_at: datetime | None, not_before: datetime, not_after: datetime, state: str, at: datetime) -> Standing:
    """Judge one row. An end on record comes first, whatever the clock says."""
    if ended_at is not None or state == Likeness.State.WITHDRAWN:
        return Standing.WITHDRAWN
    if state != Likeness.State.ACTIVE:
        return Standing.SUSPENDED
    if at < not_before:
        return Standing.NOT_YET
    return Standing.EXPIRED if at >= not_after else Standing.STANDS
