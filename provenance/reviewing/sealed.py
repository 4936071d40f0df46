"""Sealed clips and documents: asked for with a reason, let through by a colleague, and each look is on record.

What was let through is seen by who asked, for a quarter of an hour (`consent.casework.viewing`). A document is saved
and never shown by us, for it is a stranger's; a clip plays in the page, without seeking, because a second range would
be a second look on record.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from django.contrib import messages
from django.http import StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from consent import clock
from consent.casework import acts, own_queues, proposals, queues, viewing
from consent.casework.assignments import WorkConflict
from consent.casework.proposals import ReasonMissing
from consent.models import Claim, ClaimDocument, Enrolment, EnrolmentSession, Proposal
from consent.portal.door import staff_page
from ledger.problem import Problem
from ledger.subjectkeys import Erased

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from django.http import HttpRequest, HttpResponseBase

    from consent.staff import Staff

DOCUMENT: Final = "claim-document"
SESSION: Final = "enrolment-session"
ENROLMENT: Final = "enrolment"
ENDINGS: Final = {"application/pdf": "pdf", "image/jpeg": "jpg", "image/png": "png", "video/mp4": "mp4"}


@dataclass(frozen=True, slots=True)
class Asked:
    """What a colleague asked for, which somebody else may let them see. `why` is "" where it was erased."""

    pk: UUID
    by: str
    why: str
    until: datetime


@dataclass(frozen=True, slots=True)
class Sight:
    """How far one sealed thing is from being seen by one person: "none", "asked", or "open" until `until`."""

    source: str
    item: UUID
    state: str = "none"
    proposal: UUID | None = None
    until: datetime | None = None
    others: tuple[Asked, ...] = ()


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page(may=viewing.ASK)
def ask(request: HttpRequest, actor: Staff, source: str, item: UUID) -> HttpResponseBase:
    """Ask to see one sealed thing, with a reason; the same twice is one. Raises `ActRefused`, `WorkConflict`."""
    back = _back(source, item, request)
    _require_free(source, item, actor)
    reason, problem = request.POST.get("reason", ""), None
    if request.method == "POST":
        try:
            proposals.propose(viewing.VIEW, item, reason=reason, arguments={"source": source}, actor=actor)
        except ReasonMissing as found:
            problem = found
        else:
            messages.success(request, gettext("You asked. A colleague has to let you see it."))
            return redirect(back)
    shown = {"source": source, "item": item, "reason": reason, "problem": problem, "back": back}
    shown |= {"session": request.GET.get("session", ""), "most": proposals.MAX_REASON}
    return render(request, "provenance/reviewing/ask.html", shown, status=200 if problem is None else 422)


@require_POST
@staff_page(may=own_queues.SEE)
def answer(request: HttpRequest, actor: Staff, proposal: UUID) -> HttpResponseBase:
    """Let a colleague see what they asked for, or not. The verb asks for the permission, and refuses who asked."""
    held = _asked(proposal)
    if request.POST.get("word") == "confirm":
        proposals.confirm(held, actor=actor)
        messages.success(request, gettext("They can see it for a quarter of an hour."))
    else:
        proposals.refuse(held, actor=actor)
        messages.success(request, gettext("They cannot see it."))
    return redirect(_back(str(held.arguments["source"]), held.target, request))


@require_GET
@staff_page(may=viewing.ASK)
def look(request: HttpRequest, actor: Staff, proposal: UUID) -> HttpResponseBase:
    """Hand out the bytes to who asked for them. Raises `ViewingOver`, `WorkConflict`, and `Erased` once destroyed."""
    del request
    held = _asked(proposal)
    _require_free(str(held.arguments["source"]), held.target, actor)
    media_type, chunks = viewing.look(held, actor=actor)
    ending = ENDINGS.get(media_type, "bin")
    clip = ending == "mp4"
    made = StreamingHttpResponse(chunks, content_type=media_type if clip else "application/octet-stream")
    made["Content-Disposition"] = f'{"inline" if clip else "attachment"}; filename="{held.target}.{ending}"'
    made["X-Content-Type-Options"], made["Cross-Origin-Resource-Policy"] = "nosniff", "same-origin"
    made["Cache-Control"], made["Referrer-Policy"] = "no-store", "no-referrer"
    return made


def sights(wanted: Iterable[tuple[str, UUID]], actor: Staff) -> dict[UUID, Sight]:
    """Return for each sealed thing what this person may do about it now; one statement, whatever is asked about."""
    sources = {item: source for source, item in wanted}
    at, found = clock.now(), {item: Sight(source, item) for item, source in sources.items()}
    rows = Proposal.objects.filter(act=viewing.VIEW, target__in=sources, decision__in=["", Proposal.Decision.CONFIRMED])
    rows = rows.filter(proposed_at__gt=at - proposals.OPEN - viewing.LASTS)
    for row in rows.select_related("entry__sealed__subject_key").order_by("proposed_at", "pk"):
        found[row.target] = _with(found[row.target], row, actor, at)
    return found


def _with(sight: Sight, row: Proposal, actor: Staff, at: datetime) -> Sight:
    """Return the sight with what one proposal adds; later ones win. What ran out adds nothing."""
    mine = row.proposed_by == actor.actor
    if row.decided_at is not None:
        until = row.decided_at + viewing.LASTS
        return Sight(sight.source, sight.item, "open", row.pk, until, sight.others) if mine and until > at else sight
    if row.expires_at <= at:
        return sight
    if mine:
        waits = sight if sight.state == "open" else Sight(sight.source, sight.item, "asked", row.pk, row.expires_at)
        return Sight(waits.source, waits.item, waits.state, waits.proposal, waits.until, sight.others)
    asked = Asked(row.pk, row.proposed_by, _why(row), row.expires_at)
    return Sight(sight.source, sight.item, sight.state, sight.proposal, sight.until, (*sight.others, asked))


def _why(row: Proposal) -> str:
    try:
        return proposals.reason_of(row)
    except Erased:
        return ""


def _asked(pk: UUID) -> Proposal:
    row = Proposal.objects.filter(pk=pk, act=viewing.VIEW).first()
    if row is None:
        raise acts.ActRefused("Nothing of this id was asked for.", remedy="Ask for it, on its page.")
    return row


def _require_free(source: str, item: UUID, actor: Staff) -> None:
    """Raise `WorkConflict` where the sealed thing is one's own, or stands against what is one's own."""
    own: dict[str, Any] = {
        DOCUMENT: Claim.objects.filter(queues.named("claims").conflicted(actor), documents=item),
        SESSION: EnrolmentSession.objects.filter(pk=item, likeness__holder__user_id=actor.user),
        ENROLMENT: Enrolment.objects.filter(pk=item, likeness__holder__user_id=actor.user),
    }
    if source not in own:
        raise acts.ActRefused("Such a thing is not seen here.", remedy="Use the page of what it belongs to.")
    if own[source].exists():
        raise conflict()


def conflict() -> WorkConflict:
    """Return the refusal."""
    return WorkConflict("It is yours, or about you.", remedy="Leave it to a colleague.")


def _back(source: str, item: UUID, request: HttpRequest) -> str:
    """Return the page to which something sealed belongs; a candidate's clip belongs to the session that says so."""
    if source == DOCUMENT:
        return reverse("console-claim", args=[get_object_or_404(ClaimDocument, pk=item).claim_id])
    if source == SESSION:
        return reverse("console-enrolment", args=[item])
    try:
        said = UUID(request.POST.get("session") or request.GET.get("session", ""))
    except ValueError:
        return reverse("console-enrolments")
    return reverse("console-enrolment", args=[said])


def status_of(problem: Problem | None) -> int:
    """Return with what a page answers that shows a problem beside the form."""
    return 200 if problem is None else problem.status if problem.status in {403, 409} else 422
