"""Videos with somebody, as the cards of a list show them: so many statements for any number of videos."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from consent import approvals
from consent.models import Party
from provenance import leases, sight
from provenance.models import Video
from provenance.portal import words


@dataclass(frozen=True, slots=True)
class Card:
    """One video. `pictured`: its thumbnail may be shown now; `due`: until when a yes has to come, `None`: no need."""

    video: Video
    client: str
    purpose: str
    shape: str
    said: str
    why: str
    pictured: bool
    due: datetime | None


def cards(ids: Sequence[UUID], party: Party) -> list[Card]:
    """Return the cards of these videos, in their order; what is gone meanwhile is left out."""
    found = sight.in_order(ids, list(Video.objects.filter(pk__in=ids).select_related("client"))) if ids else []
    shown = leases.standing_now([one.pk for one in found]) if found else set()
    due = approvals.waiting([one.pk for one in found if one.state == Video.State.STAMPING]) if found else {}
    return [card(one, party, stands=one.pk in shown, due=due.get(one.pk)) for one in found]


def card(video: Video, party: Party, *, stands: bool, due: datetime | None = None) -> Card:
    """Return the card of one video."""
    shape, said = words.state(video, stands=stands)
    return Card(
        video=video,
        client=words.somebody(video.client.name),
        purpose=words.purpose(video.purpose),
        shape=shape,
        said=said,
        why=words.end(video, stands=stands),
        pictured=pictured(video, party, stands=stands),
        due=due,
    )


def pictured(video: Video, party: Party, *, stands: bool) -> bool:
    """Tell whether the bytes may be asked for: `viewing.send` decides again, and has the last word."""
    own_draft = video.client_id == party.pk and video.state == Video.State.STAMPING
    return stands and bool(video.thumbnail_path) and not own_draft
