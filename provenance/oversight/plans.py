"""What is planned for an hour: the list, what is due first on top; whoever may do it may see that it is not done."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from django.contrib import messages
from django.db.models import Q
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_POST, require_safe

from consent.casework import own_queues, schedule, verbs
from consent.casework.schedule import ScheduleRefused
from consent.models import ScheduledAct
from consent.portal.door import staff_page
from ledger.problem import Problem
from provenance.console import pager
from provenance.hearings import matter

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpRequest, HttpResponseBase

    from consent.staff import Staff

SHOWN: Final = 50


@require_safe
@staff_page(may=own_queues.SEE)
def listed(request: HttpRequest, actor: Staff) -> HttpResponseBase:
    """List what is planned; with `over` what was carried out, refused or cancelled, the newest first."""
    return _page(request, actor)


@require_POST
@staff_page(may=own_queues.SEE)
def cancel(request: HttpRequest, actor: Staff, item: UUID) -> HttpResponseBase:
    """See that a plan is not carried out. The verb asks for the permission of the planned act."""
    row = ScheduledAct.objects.filter(pk=item).first()
    if row is None:
        raise ScheduleRefused("There is no such plan.", remedy="Look at the list again.")
    try:
        schedule.cancel(row, actor=actor)
    except Problem as problem:
        return _page(request, actor, problem)
    messages.success(request, gettext("It is cancelled, and not done."))
    return redirect("console-plans")


def _page(request: HttpRequest, actor: Staff, problem: Problem | None = None) -> HttpResponseBase:
    over, after = request.GET.get("over") == "1", request.GET.get("after", "")
    rows, more = ScheduledAct.objects.exclude(state=ScheduledAct.State.WAITING), {"over": "1"}
    if over:
        page = pager.page(rows, after, "made_at", SHOWN, **more)
        found, older = page.rows, page.older
    else:
        waiting = ScheduledAct.objects.filter(state=ScheduledAct.State.WAITING).order_by("due_at", "pk")
        if (place := pager.placed(after)) is not None:
            waiting = waiting.filter(Q(due_at__gt=place[0]) | Q(due_at=place[0], pk__gt=place[1]))
        found = list(waiting[: SHOWN + 1])
        older = pager.following(found, "due_at", SHOWN)
    titles = {each.name: gettext(each.title) for each in verbs.table()}
    shown = [{"row": row, "title": titles.get(row.verb, row.verb), "own": row.actor == actor.actor} for row in found]
    context = {"rows": shown[:SHOWN], "older": older, "over": over, "problem": problem}
    return render(request, "provenance/oversight/plans.html", context, status=matter.status(problem))
