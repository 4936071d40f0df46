"""A permission in one line for lists: whom, for what, until when, and how it stands. What was signed says it whole."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from django.utils.translation import gettext, gettext_lazy, ngettext

from consent.standing import Standing
from consent.terms import Audience, Everyone, Mutuals, Named, OnlyMe

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from django.utils.functional import Promise

    from consent.models import Grant
    from consent.terms import Terms

PURPOSES: Final = {
    "personal": gettext_lazy("private fun"),
    "entertainment": gettext_lazy("entertainment"),
    "satire": gettext_lazy("satire"),
    "education": gettext_lazy("teaching"),
    "advertising": gettext_lazy("advertising"),
}
STATES: Final[dict[Standing, tuple[str, str | Promise]]] = {
    Standing.STANDS: ("good", gettext_lazy("in force")),
    Standing.WITHDRAWN: ("bad", gettext_lazy("withdrawn")),
    Standing.EXPIRED: ("open", gettext_lazy("over")),
    Standing.NOT_YET: ("info", gettext_lazy("not begun")),
    Standing.SUSPENDED: ("paused", gettext_lazy("paused")),
    Standing.KEPT: ("open", gettext_lazy("ended, videos stay")),
    Standing.KEPT_WITH_LABEL: ("open", gettext_lazy("ended, videos stay with a label")),
    Standing.UNKNOWN: ("warn", gettext_lazy("cannot be read")),
}
SHOWN: Final = 3  # names on one line


@dataclass(frozen=True, slots=True)
class Summary:
    """One grant in a list. `state` is a state of the look, `word` what it means; "" for `who`: it cannot be read."""

    grant: Grant
    who: str
    purposes: str
    until: datetime
    state: str
    word: str | Promise
    replaced: bool


def of(grant: Grant, terms: Terms | None, standing: Standing, names: Mapping[str, Any]) -> Summary:
    """Summarise. `names` are the rows that the terms mention, by id; `terms` is `None` if they cannot be read."""
    state, word = STATES[standing]
    replaced = grant.superseded_by_id is not None and grant.ended_at is None
    if replaced:
        state, word = "open", gettext("replaced")
    who = "" if terms is None else audience(terms.audience, names)
    purposes = "" if terms is None else ", ".join(str(PURPOSES.get(one, one)) for one in sorted(terms.purposes))
    return Summary(grant, who, purposes, grant.not_after, state, word, replaced)


def audience(found: Audience, names: Mapping[str, Any]) -> str:
    """Say whom it permits, the first few by name."""
    match found:
        case OnlyMe():
            return gettext("Only you")
        case Mutuals():
            return gettext("Whoever has permitted you in turn")
        case Everyone():
            return gettext("Everybody")
        case Named(parties=parties):
            shown = ", ".join(name(one.party, names) for one in parties[:SHOWN])
            more = len(parties) - SHOWN
            if more <= 0:
                return shown
            return ngettext("{shown} and {more} other", "{shown} and {more} others", more).format(
                shown=shown, more=more
            )


def name(party: str, names: Mapping[str, Any]) -> str:
    """Return a shown name; an erased party has none."""
    row = names.get(party)
    return (row.name if row is not None else "") or gettext("(erased)")
