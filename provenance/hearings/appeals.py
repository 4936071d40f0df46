"""Appeals: what was decided and by whom, what both sides say, and the answer of somebody who had no word in it.

To uphold takes one person. To overturn proposes another ruling, which waits among the second words. What they
will read is shown first, by the functions that write it. Upon a stale version the answer is 409, with what was typed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from django.contrib import messages
from django.shortcuts import render
from django.utils.translation import gettext
from django.views.decorators.http import require_POST, require_safe

from consent.casework import assignments
from consent.models import Appeal
from consent.portal.door import staff_page
from consent.takedown import appeals, cases, decision_words, hearing, reading, rulings, second_looks
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

UPHOLD: Final = "uphold"
FIELDS: Final = (*deciding.FIELDS, "answer")


@require_safe
@staff_page(may=appeals.DECIDE)
def appeal(request: HttpRequest, actor: Staff, item: UUID) -> HttpResponseBase:
    """Show one appeal. Raises `CaseMissing`, `WorkConflict` for whose case it is."""
    return _page(request, found(item, actor), actor)


@require_POST
@staff_page(may=appeals.DECIDE)
def read(request: HttpRequest, actor: Staff, item: UUID) -> HttpResponseBase:
    """Open what both sides wrote, on record. Not a redirect: to see it again is to open it again."""
    row = found(item, actor)
    return _page(request, row, actor, heard=hearing.of_appeal(row, actor=actor))


@require_POST
@staff_page(may=appeals.DECIDE)
def decide(request: HttpRequest, actor: Staff, item: UUID) -> HttpResponseBase:
    """Show what an answer would say (`step` preview), or give it, and take the next appeal if asked (`step` next)."""
    row = found(item, actor)
    typed = {name: request.POST.get(name, "") for name in FIELDS}
    typed["action"] = "" if typed["answer"] == UPHOLD else typed["answer"]
    try:
        held = reading.in_hands(hearing.APPEALS, row.pk, actor=actor, may=appeals.DECIDE)
        matter.require_version(row.case, typed["version"])
        shown = previewed(row, typed)
        if request.POST.get("step") not in {"done", "next"}:
            return _page(request, row, actor, typed=typed, preview=shown)
        code = "upheld" if typed["answer"] == UPHOLD else "overturned"
        assignments.submit(held, code, lambda: _answered(row, typed, actor), actor=actor)
    except Problem as problem:
        return _page(request, found(item, actor), actor, typed=typed, problem=problem)
    upheld = gettext("The decision stands. Whoever appealed is told why.")
    proposed = gettext("It is proposed. A colleague who had no part has to confirm it.")
    messages.success(request, upheld if typed["answer"] == UPHOLD else proposed)
    following = assignments.next_one(hearing.APPEALS, actor=actor) if request.POST.get("step") == "next" else None
    return desk.to_work(request, hearing.APPEALS, following)


def previewed(row: Appeal, typed: dict[str, str]) -> Preview:
    """Return exactly what would be told. Raises what the verbs raise about what was typed."""
    if typed["answer"] != UPHOLD:
        shown = deciding.previewed(row.case, typed)
        return Preview(shown.letters, shown.statement, needs_two=True)
    facts = typed["facts"].strip()
    if not 1 <= len(facts) <= rulings.MAX_FACTS:
        raise appeals.AppealRefused("Say why it stands.", pointer="/facts", remedy="Write a few sentences.")
    pairs = ((language, *decision_words.UPHELD[language]) for language in ("en", "es"))
    told = [Told(language, title, body.format(facts=facts)) for language, title, body in pairs]
    return Preview(told, {}, needs_two=False)


def found(item: UUID, actor: Staff) -> Appeal:
    """Return an appeal whose case this person may look into. Raises `CaseMissing`, `WorkConflict`."""
    rows = Appeal.objects.select_related("case", "ruling__facts__subject_key", "notice", "party", "result")
    row = rows.filter(pk=item).first()
    if row is None:
        raise cases.CaseMissing("There is no such appeal.", remedy="Look at the queue again.")
    row.case = matter.own(row.case, actor)
    return row


def _answered(row: Appeal, typed: dict[str, str], actor: Staff) -> Any:  # noqa: ANN401 - an appeal or a ruling
    if typed["answer"] == UPHOLD:
        return second_looks.uphold(row, typed["facts"], actor=actor)
    policy, _, reason = typed["why"].partition(":")
    return second_looks.overturn(
        row,
        typed["action"],
        policy=policy,
        reason=reason,
        facts=typed["facts"].strip(),
        version=deciding.version_of(typed["version"]),
        actor=actor,
        terms=deciding.terms(row.case, typed),
    )


def _page(
    request: HttpRequest,
    row: Appeal,
    actor: Staff,
    *,
    problem: Problem | None = None,
    typed: dict[str, str] | None = None,
    preview: Preview | None = None,
    heard: Heard | None = None,
) -> HttpResponseBase:
    said = sorted({*row.decided_before, *appeals.deciders(row.case)})
    ways = matter.ways(row.ruling)
    proposed = row.case.rulings.filter(state="proposed").first()
    shown = matter.hands(hearing.APPEALS, row.pk, actor) | {
        "row": row, "case": row.case, "heard": heard, "problem": problem, "typed": typed or {}, "preview": preview,
        "ruled": matter.ruled(row.ruling), "said": said, "had_a_word": actor.actor in said, "proposed": proposed,
        "pending": row.state == Appeal.State.PENDING and proposed is None,
        "ways": ways, "policies": matter.reasons([code for code, _words in ways]),
        "open_until": appeals.open_until(row.ruling),
    }  # fmt: skip
    return render(request, "provenance/hearings/appeal.html", shown, status=matter.status(problem))
