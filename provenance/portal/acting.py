"""For whom a party acts, and which of them a page is about.

The list is asked of `sight` at each page, and never remembered: authority may have ended since. It costs three
statements for one's own likenesses, and those of one question more for each accepted claim.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from consent import likenesses
from consent.models import Claim, Likeness, Party
from provenance import sight

ROLES = {
    Claim.Role.ESTATE: _("You act for the estate"),
    Claim.Role.HEIR: _("You act as one of the heirs"),
    Claim.Role.AGENT: _("You act as agent"),
    Claim.Role.GUARDIAN: _("You act as guardian"),
    Claim.Role.STUDIO: _("You act for the studio"),
    Claim.Role.RIGHTS_HOLDER: _("You act for the rights holder"),
}
OWN = _("This is you")
HELD = _("You hold this likeness")


@dataclass(frozen=True, slots=True)
class Acting:
    """One likeness for which the party may see. `held`: it is its holder, and may shut somebody out alone."""

    likeness: Likeness
    role: str
    held: bool

    @property
    def pk(self) -> UUID:
        """Return the id of the likeness."""
        return self.likeness.pk


def everybody(party: Party) -> list[Acting]:
    """Return every likeness that the party may see for, those in use first, then by age."""
    ids = sight.likenesses(party)
    roles: dict[UUID | None, str] = dict(
        Claim.objects.filter(claimant=party, likeness__in=ids, state=Claim.State.ACCEPTED).values_list(
            "likeness_id", "role"
        )
    )
    found = Likeness.objects.filter(pk__in=ids, erased_at=None).order_by("created_at", "pk")
    acting = [Acting(one, _role(one, party, roles), one.holder_id == party.pk) for one in found]
    return sorted(acting, key=lambda one: one.likeness.state == Likeness.State.WITHDRAWN)


def chosen(acting: Sequence[Acting], wanted: str | None) -> Acting | None:
    """Return the one that was asked for, else the first; `None`: there is none. Raises `LikenessMissing`."""
    if not wanted:
        return acting[0] if acting else None
    for one in acting:
        if str(one.pk) == wanted:
            return one
    raise likenesses.missing("/likeness")


def _role(likeness: Likeness, party: Party, roles: dict[UUID | None, str]) -> str:
    claimed = roles.get(likeness.pk)
    if claimed is not None:
        return str(ROLES.get(Claim.Role(claimed), HELD))
    return str(OWN if likeness.kind == Likeness.Kind.PERSON and likeness.holder_id == party.pk else HELD)
