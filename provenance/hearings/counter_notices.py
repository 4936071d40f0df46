"""Counter-notices: what both sides swore, when the video is due back, and what people make of it.

To accept proposes that it comes back at its date, which a colleague confirms; to reject takes one, who says why; that
a court was asked stops every date.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from django.contrib import messages
from django.shortcuts import render
from django.utils.translation import gettext
from django.views.decorators.http import require_POST, require_safe

from consent import clock
from consent.casework import assignments
from consent.models import CounterNotice, Ruling
from consent.portal.door import staff_page
from consent.takedown import cases, counter_notices, decision_words, hearing, policies, reading, restorations, rulings
from ledger.problem import Problem
from provenance.console import decide as deciding
from provenance.console import desk
from provenance.console.decide import Preview, Told
from provenance.hearings import matter

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpRequest, HttpResponseBase

    from consent.staff import Staff
    from consent.takedown.hearing import Heard

ANSWERS: Final = ("accept", "reject", "sued")


@require_safe
@staff_page(may=cases.WORK)
def counter_notice(request: HttpRequest, actor: Staff, item: UUID) -> HttpResponseBase:
    """Show one counter-notice. Raises `CaseMissing`, `WorkConflict`."""
    return _page(request, found(item, actor), actor)


@require_POST
@staff_page(may=cases.WORK)
def read(request: HttpRequest, actor: Staff, item: UUID) -> HttpResponseBase:
    """Open what both sides swore, on record. Not a redirect: to see it again is to open it again."""
    row = found(item, actor)
    return _page(request, row, actor, heard=hearing.of_counter_notice(row, actor=actor))


@require_POST
@staff_page(may=rulings.PROPOSE)
def decide(request: HttpRequest, actor: Staff, item: UUID) -> HttpResponseBase:
    """Show what an answer would say (`step` preview), or give it, and take the next one if asked (`step` next)."""
    row = found(item, actor)
    typed = {name: request.POST.get(name, "") for name in ("answer", "facts", "version")}
    try:
        held = reading.in_hands(hearing.COUNTER_NOTICES, row.pk, actor=actor, may=rulings.PROPOSE)
        matter.require_version(row.case, typed["version"])
        shown = previewed(row, typed)
        if request.POST.get("step") not in {"done", "next"}:
            return _page(request, row, actor, typed=typed, preview=shown)
        assignments.submit(held, typed["answer"], lambda: _answered(row, typed, actor), actor=actor)
    except Problem as problem:
        return _page(request, found(item, actor), actor, typed=typed, problem=problem)
    messages.success(request, _said(typed["answer"]))
    step = request.POST.get("step")
    following = assignments.next_one(hearing.COUNTER_NOTICES, actor=actor) if step == "next" else None
    return desk.to_work(request, hearing.COUNTER_NOTICES, following)


def previewed(row: CounterNotice, typed: dict[str, str]) -> Preview:
    """Return exactly what would be told. Raises what the verbs raise about what was typed."""
    facts, answer = typed["facts"].strip(), typed["answer"]
    if answer not in ANSWERS:
        raise rulings.RulingRefused("Say what becomes of it.", pointer="/answer", remedy="Choose one of the list.")
    if answer == "sued":
        return Preview([], {}, needs_two=False)
    if not 1 <= len(facts) <= rulings.MAX_FACTS:
        raise rulings.RulingRefused("Say why.", pointer="/facts", remedy="Write a few sentences; name nobody.")
    if answer == "reject":
        pairs = ((language, *decision_words.REJECTED[language]) for language in ("en", "es"))
        return Preview(
            [Told(each, title, body.format(facts=facts)) for each, title, body in pairs], {}, needs_two=False
        )
    if row.restore_at is None:
        remedy = "Reject it, or wait for an appeal."
        raise rulings.RulingRefused("No rule gives this video back by a date.", pointer="/answer", remedy=remedy)
    draft = Ruling(case=row.case, action=_action(row), policy="permitted", reason="counter-notice")
    draft.applies_at = max(row.restore_at, clock.now())
    chosen = policies.POLICIES["permitted"].reason("counter-notice")
    told = [
        Told(each, decision_words.subject(draft.action, each), decision_words.text(draft, chosen, facts, each))
        for each in ("en", "es")
    ]
    return Preview(told, {}, needs_two=True)


def found(item: UUID, actor: Staff) -> CounterNotice:
    """Return a counter-notice whose case this person may look into. Raises `CaseMissing`, `WorkConflict`."""
    row = CounterNotice.objects.select_related("case", "party", "document").filter(pk=item).first()
    if row is None:
        raise cases.CaseMissing("There is no such counter-notice.", remedy="Look at the queue again.")
    row.case = matter.own(row.case, actor)
    return row


def _action(row: CounterNotice) -> str:
    return "restore" if row.case.rulings.filter(state=Ruling.State.IN_FORCE).exists() else "refuse"


def _answered(row: CounterNotice, typed: dict[str, str], actor: Staff) -> Any:  # noqa: ANN401 - a ruling or the row
    if typed["answer"] == "sued":
        return counter_notices.record_suit(row, actor=actor)
    if typed["answer"] == "reject":
        return restorations.reject(row, typed["facts"], actor=actor)
    version = deciding.version_of(typed["version"])
    return restorations.accept(row, typed["facts"].strip(), version=version, actor=actor)


def _said(answer: str) -> str:
    return {
        "accept": gettext("It is proposed that the video comes back at its date. A colleague has to confirm it."),
        "reject": gettext("It is rejected. Whose video it is, is told why."),
        "sued": gettext("It is on record that a court was asked. Nothing comes back by itself."),
    }[answer]


def _page(
    request: HttpRequest,
    row: CounterNotice,
    actor: Staff,
    *,
    problem: Problem | None = None,
    typed: dict[str, str] | None = None,
    preview: Preview | None = None,
    heard: Heard | None = None,
) -> HttpResponseBase:
    last = (
        row.case.rulings.filter(state="in_force").select_related("facts__subject_key").order_by("-in_force_at").first()
    )
    proposed = row.case.rulings.filter(state="proposed").first()
    shown = matter.hands(hearing.COUNTER_NOTICES, row.pk, actor) | {
        "row": row, "case": row.case, "heard": heard, "problem": problem, "typed": typed or {}, "preview": preview,
        "ruled": None if last is None else matter.ruled(last), "proposed": proposed,
        "pending": not row.outcome and row.withdrawn_at is None and proposed is None and row.suit_at is None,
        "ruled_before": last is not None and actor.actor in {last.proposed_by, last.confirmed_by},
    }  # fmt: skip
    return render(request, "provenance/hearings/counter_notice.html", shown, status=matter.status(problem))
