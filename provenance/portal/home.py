"""The home of a likeness: who can use it now, what was made, what waits for an answer, and what it earned.

Every part reads a bounded number of rows through an index, so that the page of somebody with a million videos costs
what that of somebody with ten does. What a party earned is summed over its postings of a year.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from django.db.models import Count
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_safe

from consent import approvals, asks, clock
from consent.models import Approval, Ask, Claim, Likeness, Message, Party
from consent.portal import agreements, door
from provenance import sight
from provenance.portal import acting, attempts, earned, in_force, made, words

LATEST: Final = 4
REFUSED: Final = 3
WAITING: Final = 3


@dataclass(frozen=True, slots=True)
class Whose:
    """One entry of the switch between likenesses. `waiting`: questions that wait for an answer."""

    pk: UUID
    likeness: Likeness
    waiting: int


@require_safe
@door.holder
def home(request: HttpRequest, party: Party) -> HttpResponseBase:
    """Show the home of one likeness; who acts for none is told how to begin."""
    mine = acting.everybody(party)
    whose = acting.chosen(mine, request.GET.get("likeness"))
    if whose is None:
        claims = Claim.objects.filter(claimant=party, state__in=[Claim.State.OPEN, Claim.State.DISPUTED]).count()
        return render(request, "provenance/portal/home_empty.html", {"party": party, "claims": claims})
    ids = sight.page(frozenset({whose.pk}), sight.Wanted(), after=None, limit=LATEST)
    tried = attempts.window(whose.pk, after=None)
    shape, said = words.LIKENESS[Likeness.State(whose.likeness.state)]
    context = {
        "whose": whose,
        "mine": _switch(mine),
        "shape": shape,
        "said": said,
        "now": in_force.of(whose.pk),
        "cards": made.cards(ids, party),
        "refused": tried.attempts[:REFUSED],
        "refusals": len(tried.attempts),
        "looked_at": tried.looked_at,
        **_needs(whose, party),
        "years": earned.year(party, whose.pk),
    }
    return render(request, "provenance/portal/home.html", context)


def _switch(mine: list[acting.Acting]) -> list[Whose]:
    waiting = Approval.objects.filter(state=Approval.State.PENDING, grant__likeness__in=[one.pk for one in mine])
    counts = dict(waiting.values_list("grant__likeness").annotate(n=Count("pk")).order_by())
    return [Whose(one.pk, one.likeness, counts.get(one.pk, 0)) for one in mine]


def _needs(whose: acting.Acting, party: Party) -> dict[str, Any]:
    """Return what waits for the party: drafts, requests, claims by others, own claims, and messages."""
    pending = Approval.objects.filter(state=Approval.State.PENDING, grant__likeness=whose.pk, grant__ended_at=None)
    drafts: list[Approval] = []
    requests: list[Ask] = []
    if approvals.is_theirs(whose.pk, party):
        open_to_them = Ask.objects.filter(asks.waiting(clock.now()), likeness=whose.pk).select_related("client")
        requests = list(open_to_them.order_by("expires_at", "pk")[:WAITING])
        drafts = list(pending.select_related("permit__decision__client").order_by("due_at", "pk")[:WAITING])
    about = Claim.objects.filter(likeness=whose.pk, state__in=[Claim.State.OPEN, Claim.State.DISPUTED])
    claims = list(about.order_by("due_at", "pk").values_list("claimant_id", flat=True)[:WAITING])
    together = agreements.waits(whose.pk, party)
    unread = Message.objects.filter(party=party, read_at=None).count()
    return {
        "drafts": [
            (
                one,
                words.somebody(one.permit.decision.client.name),
                words.purpose(one.permit.decision.use.get("purpose")),
            )
            for one in drafts
        ],
        "requests": [(one, words.somebody(one.client.name)) for one in requests],
        "others_claim": sum(claimant != party.pk for claimant in claims),
        "own_claims": sum(claimant == party.pk for claimant in claims),
        "unread": unread,
        "together": together,
        "nothing_needed": not any((drafts, requests, claims, unread, together)),
    }
