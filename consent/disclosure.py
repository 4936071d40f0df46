"""What somebody may see of a denial.

The row keeps every reason. The holder of a likeness sees all that concerns it. The
asker sees what concerns grants that name them or are to everyone, with the clause; of everything else
they hear `no_grant`, alike for a likeness that is absent, private, granted to others
only, or barred to them. Everybody else, and each holder about the others, sees nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.models import Q

from consent.models import Grant, Likeness
from consent.policy import Reason

if TYPE_CHECKING:
    from collections.abc import Collection
    from uuid import UUID

    from consent.models import Decision, Party

_OF_THE_USE = ""  # the likeness of an objection to the use as a whole


def reasons_for(decision: Decision, party: Party) -> list[dict[str, Any]]:
    """Return what `party` may see: as the asker, at least one reason for each likeness objected to."""
    held = _held(decision, party)
    asked = decision.client_id == party.pk
    named = _named(decision, party) if asked else set()
    shown: list[dict[str, Any]] = []
    for likeness in dict.fromkeys(reason["likeness"] for reason in decision.reasons):
        of_it = [reason for reason in decision.reasons if reason["likeness"] == likeness]
        if likeness in held or likeness == _OF_THE_USE:
            shown += of_it
        elif asked:
            uniform = {"likeness": likeness, "reason": str(Reason.NO_GRANT), "clause": None, "grant": None}
            shown += [reason for reason in of_it if reason["grant"] in named] or [uniform]
    return shown


def addressed(grants: Collection[UUID], party: Party) -> dict[UUID, Grant]:
    """Return those of the grants that name the party, or are to everyone and leave it not out, ended ones included."""
    found = Grant.objects.filter(_to(party), pk__in=grants).select_related("superseded_by")
    return {grant.pk: grant for grant in found}


def _held(decision: Decision, party: Party) -> set[str]:
    """Return the likenesses of the cast that the party holds; none once who asked was erased."""
    rows = Likeness.objects.filter(pk__in=decision.use.get("cast", ()), holder=party).values_list("pk", flat=True)
    return {str(pk) for pk in rows}


def _named(decision: Decision, party: Party) -> set[str]:
    """Return the grants among the reasons whose audience names the party, or is everyone and leaves it not out."""
    spoke = {reason["grant"] for reason in decision.reasons if reason["grant"] is not None}
    return {str(pk) for pk in Grant.objects.filter(_to(party), pk__in=spoke).values_list("pk", flat=True)}


def _to(party: Party) -> Q:
    named = Q(terms__audience__parties__contains=[{"party": str(party.pk)}])
    return named | (Q(terms__audience__kind="everyone") & ~Q(terms__audience__except__contains=[str(party.pk)]))
