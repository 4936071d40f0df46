"""What became of a permission: each of its entries in the log, oldest first, and how much of it was used."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext

from consent import staff
from consent.models import GrantUsage
from consent.models.reach import ANYBODY
from consent.portal import summary
from consent.terms import Named

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime
    from uuid import UUID

    from consent.models import Grant
    from consent.terms import Terms


@dataclass(frozen=True, slots=True)
class Event:
    """One entry that concerns a permission."""

    title: str
    at: datetime
    state: str
    entry: UUID
    who: str = ""


@dataclass(frozen=True, slots=True)
class Used:
    """How much was used of what may be: videos and seconds, in all (`who` is "") or by one party. None: no limit."""

    who: str
    uses: int
    most_uses: int | None
    seconds: int
    most_seconds: int | None


def of(grant: Grant) -> list[Event]:
    """Return its events, oldest first."""
    return sorted(_events(grant), key=lambda event: event.at)


def _events(grant: Grant) -> Iterator[Event]:
    yield Event(gettext("Signed"), grant.created_at, "good", grant.entry_id)
    for change in grant.narrowings.all():
        yield Event(gettext("Made smaller"), change.created_at, "info", change.entry_id)
    for rest in grant.suspensions.all():
        by = gettext("by us") if rest.actor.startswith(staff.PREFIX) else gettext("by you")
        yield Event(gettext("Paused"), rest.accepted_at, "paused", rest.entry_id, by)
        if rest.resumed_at is not None and rest.resumed_entry_id is not None:
            yield Event(gettext("Went on"), rest.resumed_at, "good", rest.resumed_entry_id)
    after = grant.superseded_by
    if after is not None:
        yield Event(gettext("Another took its place"), after.created_at, "open", after.entry_id)
    ended = grant.ended_by
    if ended is not None:
        yield Event(gettext("Withdrawn"), ended.accepted_at, "bad", ended.entry_id)
        if ended.effective_at is not None and ended.drained_entry_id is not None:
            yield Event(gettext("Withdrawal effective"), ended.effective_at, "bad", ended.drained_entry_id)


def used(grant: Grant, terms: Terms, names: Mapping[str, Any]) -> list[Used]:
    """Return what was used where the terms count anything; one query."""
    rows = {row.party: row for row in GrantUsage.objects.filter(grant=grant)}
    none = GrantUsage(uses=0, seconds=0)
    found = []
    whole = rows.get(ANYBODY, none)
    if terms.limits.uses is not None or terms.limits.seconds is not None:
        found.append(Used("", whole.uses, terms.limits.uses, whole.seconds, terms.limits.seconds))
    for one in terms.audience.parties if isinstance(terms.audience, Named) else ():
        row = next((row for party, row in rows.items() if str(party) == one.party), none)
        if one.uses is not None or one.seconds is not None:
            found.append(Used(summary.name(one.party, names), row.uses, one.uses, row.seconds, one.seconds))
    return found
