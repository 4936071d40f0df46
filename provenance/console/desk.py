"""Queues: what waits, what is late, and one item at a time into one pair of hands."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from django.contrib import messages
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_POST, require_safe

from consent.casework import assignments, own_queues, queues
from consent.casework.assignments import WorkNotYours
from consent.models import Assignment
from consent.portal.door import staff_page
from provenance.console import waiting

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpRequest, HttpResponseBase

    from consent.staff import Staff

REFRESH: Final = 15  # seconds between two looks of a page that stays open


@require_safe
@staff_page(may=own_queues.SEE)
def overview(request: HttpRequest, actor: Staff) -> HttpResponseBase:
    """Show what is late, what is in one's hands, and every queue."""
    lines = waiting.lines(actor, request.user)
    shown = {
        "lines": lines,
        "queues": waiting.beside(lines),
        "late": waiting.late(lines),
        "mine": waiting.mine(actor),
        "asleep": waiting.asleep(),
        "escalated": waiting.escalated(actor),
        "lanes": waiting.by_lane_and_risk(),
        "refresh": REFRESH,
    }
    return render(request, "provenance/console/overview.html", shown)


@require_safe
@staff_page(may=own_queues.SEE)
def queue(request: HttpRequest, actor: Staff, queue: str) -> HttpResponseBase:
    """Show one page of a queue, its top first. Raises `QueueUnknown`."""
    found, lane = queues.named(queue), request.GET.get("lane", "")[:24].replace("\0", "")
    lines = waiting.lines(actor, request.user)
    line = next(each for each in lines if each.queue is found)
    items, older = waiting.page(found, lane, request.GET.get("after", ""))
    shown = {"line": line, "queues": waiting.beside(lines, queue), "items": items, "older": older, "lane": lane}
    return render(request, "provenance/console/queue.html", shown | {"refresh": REFRESH})


@require_POST
@staff_page(may=own_queues.SEE)
def take_next(request: HttpRequest, actor: Staff, queue: str) -> HttpResponseBase:
    """Take what comes first."""
    return to_work(request, queue, assignments.next_one(queue, actor=actor))


@require_POST
@staff_page(may=own_queues.SEE)
def take(request: HttpRequest, actor: Staff, queue: str, item: UUID) -> HttpResponseBase:
    """Take one item out of its turn."""
    return to_work(request, queue, assignments.claim(queue, item, actor=actor))


@require_POST
@staff_page(may=own_queues.SEE)
def keep(request: HttpRequest, actor: Staff, assignment: UUID) -> HttpResponseBase:
    """Hold on to an item."""
    held = assignments.renew(_held(assignment), actor=actor)
    return to_work(request, held.queue, held)


@require_POST
@staff_page(may=own_queues.SEE)
def put_back(request: HttpRequest, actor: Staff, assignment: UUID) -> HttpResponseBase:
    """Put an item back."""
    held = assignments.release(_held(assignment), actor=actor)
    messages.success(request, gettext("You put it back. A colleague can take it."))
    return redirect("console-queue", held.queue)


@require_POST
@staff_page(may=own_queues.SEE)
def skip(request: HttpRequest, actor: Staff, assignment: UUID) -> HttpResponseBase:
    """Pass an item on with a reason, and take the next one."""
    held = assignments.skip(_held(assignment), request.POST.get("reason", ""), actor=actor)
    messages.success(request, gettext("You passed it on. It does not come to you again for four hours."))
    return to_work(request, held.queue, assignments.next_one(held.queue, actor=actor))


def to_work(request: HttpRequest, queue: str, held: Assignment | None) -> HttpResponseBase:
    """Go to the item that somebody has in hand; `None`: nothing waits, and the queue says so."""
    if held is None:
        messages.success(request, gettext("Nothing waits for you in this queue."))
        return redirect("console-queue", queue)
    return redirect(waiting.address(held.queue, held.item) or "console-home")


def _held(assignment: UUID) -> Assignment:
    found = Assignment.objects.filter(pk=assignment).first()
    if found is None:
        raise WorkNotYours("This is not in your hands.", remedy="Take it from its queue.")
    return found
