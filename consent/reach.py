"""Write down whom a grant speaks about, so that a decision reads only the grants that may matter to who asks."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from consent.models import Reach
from consent.models.reach import ANYBODY
from consent.terms import Everyone, Mutuals, Named, OnlyMe, Terms, has_vetoes

if TYPE_CHECKING:
    from consent.models import Grant


def write(grant: Grant, terms: Terms) -> None:
    """Write the reach of a grant in the transaction that records it, in place of what was written before."""
    Reach.objects.filter(grant=grant).delete()
    Reach.objects.bulk_create(
        Reach(likeness_id=grant.likeness_id, subject=subject, grant=grant)
        for subject in sorted(subjects(terms, grant.likeness.holder_id))
    )


def subjects(terms: Terms, holder: UUID) -> set[UUID]:
    """Return whom the terms permit, and anybody besides if they forbid something whoever asks."""
    found = {ANYBODY} if has_vetoes(terms) else set()
    match terms.audience:
        case OnlyMe():
            found.add(holder)
        case Named(parties=parties):
            found |= {UUID(named.party) for named in parties}
        case Mutuals() | Everyone():
            found.add(ANYBODY)
    return found
