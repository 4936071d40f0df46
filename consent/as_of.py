"""Answer a use as it would have been answered at a point in the log. "Was this allowed on 3 May?" is such a question.

By the same policy, over what stood then (`consent.past`). It records nothing, promises nothing and is never a permit.
Who may ask is decided by what they are now: a client about itself, and who may see a likeness about that likeness,
whoever would have used it. A client hears what it would have heard then.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from consent import authority, decisions, history, likenesses, past
from consent.authority import Act
from consent.models import Likeness, Permit
from consent.policy import Allow, Deny, Objection, Reason
from consent.terms import Everyone, Named, Terms

if TYPE_CHECKING:
    from collections.abc import Collection

    from consent.models import Party
    from consent.past import Past
    from consent.points import Point
    from consent.use import Use


@dataclass(frozen=True, slots=True)
class Remembered:
    """What would have been answered, about which of the cast, as far as who asks may hear it."""

    outcome: Allow | Deny
    judged: tuple[str, ...]
    point: Point


def ask(use: Use, point: Point, *, actor: Party) -> Remembered:
    """Answer one use as of then. `use.client` may be somebody else if the actor may see a likeness of the cast.

    Raises `UseInvalid`, and `LikenessMissing` to whoever asks about others without a likeness of theirs in the cast.
    """
    decisions.check(use, UUID(use.client))
    seen = _seen(use, actor)
    own = use.client == str(actor.pk)
    if not own and not seen:
        raise likenesses.missing("/use/cast")
    judged = use.cast if own else seen
    happened = history.of([UUID(one) for one in use.cast], client=UUID(use.client), size=point.size)
    told = past.stood(happened, use.client, point.size, point.at)
    outcome = past.decide(use, told, point.at, judged)
    if isinstance(outcome, Deny):
        named = _naming(happened, use.client, point.size)
        outcome = Deny(tuple(_heard(outcome, named, seen=seen, rendered=_rendered(use, actor))))
    return Remembered(outcome, tuple(sorted(judged)), point)


def _seen(use: Use, actor: Party) -> frozenset[str]:
    return frozenset(one for one in use.cast if authority.may_act(UUID(one), actor, Act.SEE))


def _rendered(use: Use, actor: Party) -> frozenset[str]:
    """Return those of the cast of whom the actor was permitted a video: that there was consent is no news."""
    permits = Permit.objects.filter(decision__client=actor)
    known = Likeness.objects.filter(pk__in=use.cast, grants__permits__in=permits).distinct()
    return frozenset(str(pk) for pk in known.values_list("pk", flat=True))


def _heard(
    denied: Deny, named: Collection[str], *, seen: Collection[str], rendered: Collection[str]
) -> list[Objection]:
    """Return what may be heard, as `consent.disclosure` says it of a denial of now, by the audiences of then.

    What is unknown sounds to a stranger like what never was.
    """
    unknown = Reason.UNKNOWN_AT_THAT_POINT
    heard: list[Objection] = []
    for likeness in dict.fromkeys(one.likeness for one in denied.reasons):
        of_it = [one for one in denied.reasons if one.likeness == likeness]
        if likeness in seen or not likeness:
            heard += of_it
        else:
            told = [one for one in of_it if one.grant in named or (one.reason is unknown and likeness in rendered)]
            heard += told or [Objection(likeness, Reason.NO_GRANT)]
    return heard


def _naming(happened: Past, client: str, size: int) -> frozenset[str]:
    known = (grant for grant in happened.grants if grant.stood(size))
    return frozenset(grant.id for grant in known if _is_named(grant.version(size).terms, client))


def _is_named(terms: object, client: str) -> bool:
    audience = terms.audience if isinstance(terms, Terms) else None
    if isinstance(audience, Named):
        return any(place.party == client for place in audience.parties)
    return isinstance(audience, Everyone) and client not in audience.excluded
