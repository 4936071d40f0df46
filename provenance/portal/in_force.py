"""Who can use somebody now: the permissions in force, broadest first, as a few words and a picture each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from django.db.models import Case, Count, Exists, IntegerField, OuterRef, Value, When
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext, ngettext

from consent import charts, clock
from consent.models import Grant, Party, Reach, Suspension
from consent.models.reach import ANYBODY
from provenance.portal import words

SHOWN: Final = 5
NAMES: Final = 3
SOON: Final = timedelta(days=14)
BREADTH: Final = ("everyone", "mutuals", "named", "only_me")


@dataclass(frozen=True, slots=True)
class InForce:
    """One permission: who, what for, and until when."""

    grant: Grant
    who: str
    what: str
    wide: bool
    soon: bool


@dataclass(frozen=True, slots=True)
class Now:
    """Everything in force. `parties` counts those who are named; `anybody`: strangers may, too."""

    total: int
    parties: int
    anybody: bool
    ending: int
    grants: list[InForce]
    picture: SafeString
    table: tuple[tuple[str, ...], ...]


def of(likeness: UUID) -> Now:
    """Return it in four statements, whatever the number of permissions. What rests is not in force."""
    at = clock.now()
    rests = Suspension.objects.filter(grant=OuterRef("pk"), resumed_at=None)
    live = Grant.objects.filter(
        ~Exists(rests), likeness=likeness, ended_at=None, superseded_by=None, not_before__lte=at, not_after__gt=at
    )
    kinds = [When(terms__audience__kind=kind, then=Value(place)) for place, kind in enumerate(BREADTH)]
    ranked = live.annotate(breadth=Case(*kinds, default=Value(len(BREADTH)), output_field=IntegerField()))
    counts = {row["breadth"]: row["n"] for row in ranked.values("breadth").annotate(n=Count("pk")).order_by("breadth")}
    first = list(ranked.order_by("breadth", "not_after", "pk")[:SHOWN])
    parties = Reach.objects.filter(grant__in=live).exclude(subject=ANYBODY).values("subject").distinct().count()
    names = _names(first)
    picture = _picture(counts, parties)
    return Now(
        total=sum(counts.values()),
        parties=parties,
        anybody=bool(counts.get(0)),
        ending=live.filter(not_after__lte=at + SOON).count(),
        grants=[_told(one, names, soon=one.not_after <= at + SOON) for one in first],
        picture=mark_safe(picture.svg),  # noqa: S308 - the chart escapes each text
        table=picture.rows,
    )


def _picture(counts: dict[int, int], parties: int) -> charts.Chart:
    labels = [gettext("Everybody"), gettext("Mutual"), gettext("Named parties"), gettext("Only me")]
    values = [float(counts.get(place, 0)) for place in range(len(BREADTH))]
    said = ngettext("%(n)s party is named.", "%(n)s parties are named.", parties) % {"n": parties}
    return charts.ring(gettext("Permissions in force"), said, labels, values, centre=str(sum(counts.values())))


def _audience(grant: Grant) -> dict[str, Any]:
    found = grant.terms.get("audience") if isinstance(grant.terms, dict) else None
    return found if isinstance(found, dict) else {}


def _named(grant: Grant) -> list[str]:
    return [each["party"] for each in _audience(grant).get("parties") or () if isinstance(each, dict)]


def _names(found: Sequence[Grant]) -> dict[str, str]:
    ids = {party for one in found for party in _named(one)[:NAMES]}
    rows = Party.objects.filter(pk__in=ids).values_list("pk", "name")
    return {str(pk): words.somebody(name) for pk, name in rows}


def _told(grant: Grant, names: dict[str, str], *, soon: bool) -> InForce:
    kind = _audience(grant).get("kind")
    purposes = grant.terms.get("purposes") or () if isinstance(grant.terms, dict) else ()
    return InForce(
        grant=grant,
        who=_who(kind, _named(grant), names),
        what=", ".join(words.purpose(each) for each in purposes),
        wide=kind == "everyone",
        soon=soon,
    )


def _who(kind: object, named: list[str], names: dict[str, str]) -> str:
    if kind == "everyone":
        return gettext("Everybody")
    if kind == "mutuals":
        return gettext("Whoever permits you in turn")
    if kind == "only_me":
        return gettext("Only you")
    shown = ", ".join(names.get(each, words.somebody("")) for each in named[:NAMES])
    left = len(named) - NAMES
    more = ngettext("and %(n)s more", "and %(n)s more", left) % {"n": left} if left > 0 else ""
    return f"{shown} {more}".strip()
