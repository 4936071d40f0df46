"""What an end of consent would stop, before anybody ends it: the part that consent can see.

Grants, permits, jobs that a permit lets begin, and who would be told. What is seen, kept and deleted of videos is
`provenance.consequences`. Numbers come from the database's own counting; of names there is one first page. Takes no
lock: the truth is what the withdrawal itself finds.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from django.db.models import Count, Func, Q, TextField, UUIDField, Value
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Coalesce

from consent import authority, clock, exclusions, grants, likenesses
from consent.authority import Act
from consent.endings import Scope
from consent.models import Grant, Likeness, Party, Permit

if TYPE_CHECKING:
    from django.db.models import QuerySet

FIRST: Final = 20  # names on the first page
HIDE: Final = "hide"  # what happens where the terms do not say


class _Named(Func):
    """The parties that a grant's audience names, one row each."""

    set_returning = True
    template = "(jsonb_path_query(%(expressions)s, '$.audience.parties[*].party') #>> '{}')::uuid"
    output_field = UUIDField()


@dataclass(frozen=True, slots=True)
class Aim:
    """What would be withdrawn: a likeness, a grant, or whatever covers a party (of one likeness, or of all: `None`).

    `holder` is who asks, and would withdraw.
    """

    holder: Party
    likeness: Likeness | None = None
    grant: Grant | None = None
    party: Party | None = None

    @property
    def scope(self) -> Scope:
        """Say which of the three."""
        if self.grant is not None:
            return Scope.GRANT
        return Scope.LIKENESS if self.party is None else Scope.PARTY


@dataclass(frozen=True, slots=True)
class Preview:
    """Numbers, and the handles of the first who would be told. `by_after_end` counts the grants that would end."""

    scope: str
    grants: int
    by_after_end: dict[str, int]
    permits: int
    told: int
    told_first: list[str] = field(default_factory=list)
    final: bool = False  # True: it cannot be taken back


def preview(aim: Aim) -> Preview:
    """Say what the withdrawal would stop. Raises `LikenessMissing`, `GrantMissing` for what they may not end."""
    check(aim)
    ending = ending_grants(aim)
    count, first = _told(ending, aim)
    return Preview(
        scope=str(aim.scope),
        grants=ending.count(),
        by_after_end=by_clause(ending),
        permits=_permits(aim).count(),
        told=count,
        told_first=first,
        final=aim.scope != Scope.PARTY,
    )


def check(aim: Aim) -> None:
    """Raise unless whoever asks could withdraw it now, and there is somebody to shut out."""
    if aim.likeness is not None and not _may_end(aim.likeness, aim):
        raise likenesses.missing("/likeness")
    if aim.grant is not None and not authority.may_act(aim.grant.likeness_id, aim.holder, Act.WITHDRAW):
        raise grants.missing("/grant")
    if aim.party is not None and (aim.party.pk == aim.holder.pk or aim.party.is_erased):
        raise exclusions.invalid()


def _may_end(likeness: Likeness, aim: Aim) -> bool:
    """Shutting somebody out is the holder's alone (`consent.exclusions`); ending is for whoever has the authority."""
    if aim.party is not None:
        return likeness.holder_id == aim.holder.pk
    return bool(authority.may_act(likeness.pk, aim.holder, Act.WITHDRAW))


def covered_grants(aim: Aim) -> QuerySet[Grant]:
    """Return the live grants under which something would stop."""
    live = Grant.objects.filter(ended_at=None)
    if aim.grant is not None:
        return live.filter(pk=aim.grant.pk)
    return live.filter(likeness__holder=aim.holder) if aim.likeness is None else live.filter(likeness=aim.likeness)


def ending_grants(aim: Aim) -> QuerySet[Grant]:
    """Return the grants that would end: for a party those that name nobody else."""
    found = covered_grants(aim)
    if aim.party is None:
        return found
    only = {"parties": [{"party": str(aim.party.pk)}]}
    return found.filter(terms__audience__contains=only, terms__audience__parties__1__isnull=True)


def by_clause(rows: QuerySet[Grant]) -> dict[str, int]:
    """Count grants by what their terms say of the time after the end."""
    clause = Coalesce(KeyTextTransform("after_end", "terms"), Value(HIDE, output_field=TextField()))
    counted = rows.order_by().values(clause=clause).annotate(number=Count("pk"))
    return {row["clause"]: row["number"] for row in counted}


def _permits(aim: Aim) -> QuerySet[Permit]:
    """Return the permits that nobody has used, and that could still be used now."""
    found = Permit.objects.filter(
        grants__in=covered_grants(aim), redeemed_at=None, expires_at__gt=clock.now()
    ).distinct()
    return found if aim.party is None else found.filter(decision__client=aim.party)


def _told(ending: QuerySet[Grant], aim: Aim) -> tuple[int, list[str]]:
    """Return how many parties the ending grants name, and the handles of the first: `consent.news` tells them."""
    named = ending.order_by().values_list(_Named("terms"), flat=True)
    reachable = Party.objects.filter(~Q(pk=aim.holder.pk), pk__in=named, erased_at=None).order_by("handle")
    return reachable.count(), list(reachable.values_list("handle", flat=True)[:FIRST])


def described(found: Preview) -> dict[str, Any]:
    """Return the document of an answer."""
    return {name: getattr(found, name) for name in Preview.__slots__}
