"""Second looks: how well decisions agree, what was drawn, and the look of somebody who is not told the first decision.

Who looks sees the item as it came: what was written about it and by which clock it ran; no ruling, no history, no name
of a colleague. Only after their own word the page says whether it is the same.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from django.contrib import messages
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from consent import clock
from consent.casework import assignments, own_queues, queues, sampling
from consent.casework.sampling import SecondLookRefused
from consent.models import Assignment, Case, QualitySample
from consent.portal.door import staff_page
from consent.takedown import hearing, reading
from ledger.problem import Problem
from provenance.console import decide, found_cases, sorting, work
from provenance.hearings import matter

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpRequest, HttpResponseBase

    from consent.staff import Staff

QUEUE: Final = "second-looks"
DAYS: Final = 28
CODES: Final = 24


@require_safe
@staff_page(may=sampling.SEE)
def figures(request: HttpRequest, actor: Staff) -> HttpResponseBase:
    """Show how well the looks of four weeks agree, by queue and lane. No names: it is about decisions."""
    at = clock.now()
    found = sampling.agreements(at - timedelta(days=DAYS), at, actor=actor)
    lines = [
        {
            "name": name or gettext("All"),
            "figure": each,
            "share": None if each.share is None else round(100 * each.share),
        }
        for name, each in found.items()
    ]
    waiting = QualitySample.objects.filter(looked_at=None).count()
    shown = {"lines": lines, "waiting": waiting, "days": DAYS}
    return render(request, "provenance/oversight/quality.html", shown)


@require_POST
@staff_page(may=sampling.SEE)
def draw(request: HttpRequest, actor: Staff) -> HttpResponseBase:
    """Draw from what was decided yesterday; the beat does the same. Twice is once."""
    del actor
    count = sampling.take_yesterday()
    messages.success(request, gettext("%(count)s decisions of yesterday were drawn.") % {"count": count})
    return redirect("console-quality")


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page(may=own_queues.LOOK_AGAIN)
def waiting(request: HttpRequest, actor: Staff) -> HttpResponseBase:
    """Say how many wait for this person, and hand out the next one."""
    if request.method == "POST":
        held = assignments.next_one(QUEUE, actor=actor)
        if held is not None:
            return redirect("console-second-look", held.item)
        messages.success(request, gettext("Nothing waits for a second look by you."))
    rows = QualitySample.objects.filter(looked_at=None).exclude(decided_by=actor.actor)
    return render(request, "provenance/oversight/second_looks.html", {"count": rows.count()})


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page(may=own_queues.LOOK_AGAIN)
def sample(request: HttpRequest, actor: Staff, item: UUID) -> HttpResponseBase:
    """Show what was drawn, without its decision, or record what this person would have decided."""
    row, problem = found(item, actor), None
    if request.method == "POST":
        try:
            held = _in_hands(row, actor)
            second = request.POST.get("second", "")
            assignments.submit(held, second, lambda: sampling.look(row, second, actor=actor), actor=actor)
        except Problem as refused:
            problem = refused
        else:
            same = second == row.decision
            agreed = gettext("You agree with the first decision.")
            messages.success(request, agreed if same else gettext("You would have decided otherwise than the first."))
            return redirect("console-second-look", item)
    return _page(request, row, actor, problem=problem)


@require_POST
@staff_page(may=own_queues.LOOK_AGAIN)
def read(request: HttpRequest, actor: Staff, item: UUID) -> HttpResponseBase:
    """Open what the sides of a case wrote, on record. Raises `WorkNotYours`."""
    row = found(item, actor)
    _in_hands(row, actor)
    case = _case(row, actor)
    if case is None:
        raise SecondLookRefused("Nothing is written about this.", remedy="Look at its page.")
    return _page(request, row, actor, heard=hearing.again(case, row.pk, actor=actor))


def found(item: UUID, actor: Staff) -> QualitySample:
    """Return what was drawn. Raises `SecondLookRefused` for none, and for who decided it."""
    row = QualitySample.objects.filter(pk=item).first()
    if row is None:
        raise SecondLookRefused("There is no such second look.", remedy="Take the next one.")
    sampling.blind(row, actor=actor)
    return row


def _page(
    request: HttpRequest,
    row: QualitySample,
    actor: Staff,
    *,
    problem: Problem | None = None,
    heard: hearing.Heard | None = None,
) -> HttpResponseBase:
    case = _case(row, actor)
    notices = [] if case is None else sorting.grouped(case.notices.order_by("filed_at", "pk")[: hearing.MOST])
    known = queues.named(row.queue).title if row.queue in queues.known() else row.queue
    shown = matter.hands(QUEUE, row.pk, actor) | {
        "row": row, "title": gettext(known), "case": case, "groups": notices, "heard": heard, "problem": problem,
        "over": row.looked_at is not None, "same": row.second == row.decision, "codes": _codes(row),
        "typed": request.POST.get("second", ""),
    }  # fmt: skip
    return render(request, "provenance/oversight/second_look.html", shown, status=matter.status(problem))


def _in_hands(row: QualitySample, actor: Staff) -> Assignment:
    return reading.in_hands(QUEUE, row.pk, actor=actor, may=own_queues.LOOK_AGAIN)


def _case(row: QualitySample, actor: Staff) -> Case | None:
    """Return the case that was decided; `None`: it was something else. Raises `WorkConflict` for one's own."""
    if row.queue != work.CASES:
        return None
    number = Case.objects.filter(pk=row.item).values_list("number", flat=True).first()
    return None if number is None else found_cases.found(number, actor)


def _codes(row: QualitySample) -> list[tuple[str, Any]]:
    """Return the decisions of this queue: those of a case by their list, others as they were ever decided."""
    if row.queue == work.CASES:
        return [(code, decide.way(code)) for code in decide.WAYS]
    decided = Assignment.objects.filter(queue=row.queue).exclude(decision="").order_by("decision")
    return [(code, code) for code in decided.values_list("decision", flat=True).distinct()[:CODES]]
