"""The terms of a licence in words, for the page on which it is signed."""

from __future__ import annotations

from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from consent import licence_document
from consent.licence_document import LicenceTerms
from ledger.problem import Problem
from provenance.portal import words

type Text = str | Promise

STATES: Final[dict[str, Text]] = {
    "open": _("open"),
    "accepted": _("accepted"),
    "withdrawn": _("taken back"),
    "expired": _("expired"),
    "in_force": _("in force"),
    "later": _("begins later"),
    "ended": _("ended"),
}
PER: Final[dict[str, Text]] = {
    "second": _("%(amount)s for each second of video"),
    "use": _("%(amount)s for each video"),
    "view": _("%(amount)s for each view"),
}
AFTER: Final[dict[str, Text]] = {
    "hide": _("The videos are no longer shown."),
    "delete": _("The videos are deleted."),
    "keep": _("What was made until then stays visible."),
    "keep_with_label": _("What was made until then stays visible, with a label that says so."),
}
ADVICE: Final[dict[str, Text]] = {
    "none": _("No lawyer and no union advised the person."),
    "counsel": _("A lawyer advised the person."),
    "union": _("A union represents the person."),
}


def of(unverified_terms: object) -> list[tuple[str, str]]:
    """Return label and sentence for each term; empty: they were erased, or cannot be read."""
    try:
        terms = licence_document.parse_terms(unverified_terms)
    except Problem:
        return []
    return [(label, said) for label, said in _told(terms) if said]


def _told(terms: LicenceTerms) -> list[tuple[str, str]]:
    amount = f"{terms.rate.amount.normalize():f} {terms.rate.currency}"
    places = gettext("Wherever the permission reaches") if terms.territories is None else _list(terms.territories)
    return [
        (gettext("What for"), ", ".join(words.purpose(one) for one in sorted(terms.purposes))),
        (gettext("In these words"), terms.description),
        (gettext("Where"), places),
        (gettext("Campaign"), terms.campaign or gettext("Any")),
        (gettext("What it pays"), str(PER[terms.rate.per]) % {"amount": amount}),
        (
            gettext("Shared"),
            gettext("between %(n)s parties") % {"n": len(terms.rate.shares)} if terms.rate.shares else "",
        ),
        (
            gettext("Exclusive"),
            gettext("Yes: nobody else is licensed for the same.") if terms.exclusive else gettext("No"),
        ),
        (gettext("Passing it on"), gettext("Not permitted") if terms.sublicensing == "none" else terms.sublicensing),
        (gettext("Labels"), gettext("What says that a video is generated is never removed.")),
        (gettext("When it ends"), str(AFTER[terms.after_end])),
        (gettext("Advice"), str(ADVICE[terms.representation])),
    ]


def _list(codes: frozenset[str]) -> str:
    return ", ".join(sorted(codes))
