"""For whom somebody acts, and what was permitted of it: what the pages of permissions list. Verbs judge again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from django.db.models import Q

from consent import grants, likenesses
from consent.models import Claim, Grant, Likeness, Party
from consent.terms import likenesses_mentioned, parties_mentioned

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.db.models import QuerySet

    from consent.terms import Terms

MAX_NAMED: Final = 64  # characters of a handle or an id


def acted_for(party: Party) -> QuerySet[Likeness]:
    """Return the likenesses that somebody holds, or for which a claim of theirs was accepted."""
    claimed = Claim.objects.filter(claimant=party, state=Claim.State.ACCEPTED).values("likeness")
    return Likeness.objects.filter(Q(holder=party) | Q(pk__in=claimed), erased_at=None)


def permissions(party: Party) -> QuerySet[Grant]:
    """Return the grants that somebody signed, or that are of a likeness for which they act."""
    return Grant.objects.filter(Q(grantor=party) | Q(likeness__in=acted_for(party)), erased_at=None)


def permission(party: Party, grant_id: UUID) -> Grant:
    """Return one of them with what its page needs. Raises `GrantMissing`."""
    related = ("likeness", "grantor", "entry", "statement", "ended_by", "superseded_by", "key")
    found = permissions(party).select_related(*related).filter(pk=grant_id).first()
    if found is None:
        raise grants.missing()
    return found


def likeness(party: Party, posted: str) -> Likeness:
    """Return one of the likenesses by what a page sent. Raises `LikenessMissing`."""
    number = read_id(posted)
    found = None if number is None else acted_for(party).filter(pk=number).first()
    if found is None:
        raise likenesses.missing("/likeness")
    return found


def other(posted: str) -> Party | None:
    """Return a party by its id or its handle; `None`: there is none, or it was erased."""
    text = posted.strip()
    if not text.isprintable() or len(text) > MAX_NAMED:
        return None
    number = read_id(text)
    wanted = Q(handle=text.lower().removeprefix("@")) if number is None else Q(pk=number)
    return Party.objects.filter(wanted, erased_at=None).first()


def read_id(posted: str) -> UUID | None:
    """Return an id in its usual spelling; `None`: it is none."""
    try:
        found = UUID(posted)
    except ValueError:
        return None
    return found if str(found) == posted else None


def names(terms: Iterable[Terms]) -> dict[str, Any]:
    """Return the parties and likenesses that terms mention, by id: two queries, whatever is listed."""
    from_terms = list(terms)
    wanted = {one for each in from_terms for one in parties_mentioned(each)}
    seen = {one for each in from_terms for one in likenesses_mentioned(each)}
    found: dict[str, Any] = {str(one.pk): one for one in Party.objects.filter(pk__in=wanted)} if wanted else {}
    if seen:
        found |= {str(one.pk): one for one in Likeness.objects.filter(pk__in=seen)}
    return found
