"""Tell those whom a grant named that it has ended.

By the follower, once the entry is in the log: however many there are, nobody who withdraws waits for it. Whoever was
only covered by a grant to everyone is told when they ask; nobody is told that they were shut out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from consent import exclusions, messages
from consent.models import Grant, Message, Party

if TYPE_CHECKING:
    from collections.abc import Iterable
    from uuid import UUID

    from django.db.models import QuerySet

    from ledger.models import Entry

PAGE: Final = 200  # parties told at a time


def tell_named(entry_id: UUID) -> int:
    """Tell each party once of an entry that ended grants which named it; return how many. Told already: not again."""
    ended = Grant.objects.filter(ended_by__entry_id=entry_id).select_related("ended_by__entry").order_by("pk")
    first: dict[str, Grant] = {}
    for grant in ended.iterator(PAGE):
        for party in exclusions.named(grant) - {str(grant.grantor_id)}:
            first.setdefault(party, grant)
    told = Message.objects.filter(entry=entry_id).values_list("party_id", flat=True)
    left = sorted(set(first) - {str(pk) for pk in told})
    for at in range(0, len(left), PAGE):
        for each in _reachable(left[at : at + PAGE]):
            grant = first[str(each.pk)]
            if grant.ended_by is not None:
                _tell(each, grant, grant.ended_by.entry)
    return len(left)


def _reachable(ids: Iterable[str]) -> QuerySet[Party]:
    return Party.objects.select_related("user").filter(pk__in=ids, erased_at=None).order_by("pk")


def _tell(party: Party, grant: Grant, entry: Entry) -> None:
    messages.inform(party, Message.Kind.GRANT_ENDED, entry, what=f"grant {grant.pk}")
