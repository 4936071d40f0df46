"""Who asked for somebody and was refused: with each reason that concerns them, and a way to shut the asker out.

The requests about a likeness are read newest first, `WINDOW` at a time, and the refused ones are shown: so a page
costs the same for a likeness that is asked for a million times a day. A window without a refusal says so, and goes on.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.db.models.fields.tuple_lookups import Tuple, TupleLessThan
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_POST, require_safe

from consent import exclusions
from consent.models import Decision, Exclusion, Party
from consent.models.decision import DecisionLikeness
from consent.portal import door
from provenance.portal import acting, words

WINDOW: Final = 200
USUAL: Final = 5
"""Askers and reasons in the summary."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One refusal. `entry`: the entry of the log that counts it, "" while none does; `out`: its asker is shut out."""

    decision: Decision
    client: str
    purpose: str
    reasons: tuple[str, ...]
    entry: str
    out: bool


@dataclass(frozen=True, slots=True)
class Window:
    """The refusals among `looked_at` requests. `last` is the one to go on after; `None`: there are no more."""

    attempts: list[Attempt]
    looked_at: int
    last: UUID | None


@require_safe
@door.holder
def attempt_list(request: HttpRequest, party: Party) -> HttpResponseBase:
    """Show the refusals among one window of requests."""
    mine = acting.everybody(party)
    whose = acting.chosen(mine, request.GET.get("likeness"))
    context: dict[str, object] = {"mine": mine, "whose": whose, "window": None}
    if whose is not None:
        found = window(whose.pk, after=_id(request.GET.get("after")))
        older = _link(whose.pk, found.last) if found.last else ""
        newer = _link(whose.pk, None) if request.GET.get("after") else ""
        context |= {"window": found, "older": older, "newer": newer, **_summary(found.attempts)}
    return render(request, "provenance/portal/attempts.html", context)


@require_POST
@door.holder
def exclude(request: HttpRequest, party: Party, decision_id: UUID) -> HttpResponseBase:
    """Shut whoever made this request out of the likeness that was asked for. Twice is once."""
    asked = DecisionLikeness.objects.select_related("decision__client", "likeness")
    link = asked.filter(
        decision=decision_id, likeness=_id(request.POST.get("likeness")), likeness__holder=party
    ).first()
    if link is None:
        raise exclusions.invalid()
    client = link.decision.client
    exclusions.withdraw_party(client, likeness=link.likeness, actor=party)
    said = gettext("%(name)s is shut out. Videos that they made with you stop within seconds.")
    messages.success(request, said % {"name": words.somebody(client.name)})
    return redirect(_link(link.likeness_id, None))


def window(likeness: UUID, *, after: UUID | None, size: int = WINDOW) -> Window:
    """Return the refusals among the next `size` requests about a likeness, in four statements."""
    rows = DecisionLikeness.objects.filter(likeness=likeness)
    mark = rows.filter(decision=after).values_list("decided_at", "decision_id").first() if after else None
    if mark is not None:
        rows = rows.filter(TupleLessThan(Tuple("decided_at", "decision_id"), mark))
    ids = list(rows.order_by("-decided_at", "-decision_id").values_list("decision_id", flat=True)[: size + 1])
    denied = Decision.objects.select_related("client", "digest_entry").filter(
        pk__in=ids[:size], outcome=Decision.Outcome.DENY
    )
    found = list(denied.order_by("-decided_at", "-pk"))
    out = set(
        Exclusion.objects.filter(
            likeness=likeness, party__in={one.client_id for one in found}, lifted_at=None
        ).values_list("party_id", flat=True)
    )
    attempts = [_attempt(one, likeness, out=one.client_id in out) for one in found]
    return Window(attempts, min(len(ids), size), ids[size - 1] if len(ids) > size else None)


def _attempt(decision: Decision, likeness: UUID, *, out: bool) -> Attempt:
    """Show what concerns this likeness, or the use as a whole: who else was in the cast is not one's business."""
    codes = [one["reason"] for one in decision.reasons if one["likeness"] in ("", str(likeness))]
    return Attempt(
        decision=decision,
        client=words.somebody(decision.client.name),
        purpose=words.purpose(decision.use.get("purpose")),
        reasons=tuple(map(words.reason, dict.fromkeys(codes))),
        entry=decision.digest_entry.commit_text if decision.digest_entry else "",
        out=out,
    )


def _summary(attempts: Sequence[Attempt]) -> dict[str, object]:
    askers = Counter(one.decision.client_id for one in attempts)
    names = {one.decision.client_id: one.client for one in attempts}
    reasons = Counter(reason for one in attempts for reason in one.reasons)
    return {
        "askers": [(names[pk], count) for pk, count in askers.most_common(USUAL)],
        "usual": reasons.most_common(USUAL),
    }


def _link(likeness: UUID, after: UUID | None) -> str:
    kept = {"likeness": str(likeness)} | ({"after": str(after)} if after else {})
    return f"{reverse('portal-attempts')}?{urlencode(kept)}"


def _id(text: str | None) -> UUID | None:
    """Return an id that a link of ours carries; `None` for anything else, which finds nothing."""
    try:
        return UUID(text) if text else None
    except ValueError:
        return None
