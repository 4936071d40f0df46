"""Drafts that wait for one's yes. Nobody owes a reason, and silence is a no."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_safe

from consent import approvals
from consent.models import Approval, Party
from consent.portal import door
from ledger.problem import Problem
from provenance import leases
from provenance.foreign import defused
from provenance.models import Video
from provenance.portal import made, words

WAITING: Final = 50
"""Drafts on the page, the ones due first: who has more answers those first."""
ANSWERED: Final = 20


@require_safe
@door.holder
def approval_list(request: HttpRequest, party: Party) -> HttpResponseBase:
    """Show what waits, the one due first above, and the latest answers."""
    mine = approvals.likenesses_of(party)
    rows = Approval.objects.select_related("grant__likeness", "permit__decision__client").filter(
        grant__likeness__in=mine
    )
    waiting = list(rows.filter(state=Approval.State.PENDING).order_by("due_at", "pk")[: WAITING + 1])
    answered = list(rows.exclude(state=Approval.State.PENDING).order_by("-decided_at", "-pk")[:ANSWERED])
    ids = [one.video for one in [*waiting, *answered]]
    cards = {one.video.pk: one for one in made.cards(ids, party)}
    context = {
        "waiting": [(one, cards.get(one.video)) for one in waiting[:WAITING]],
        "more": len(waiting) > WAITING,
        "answered": [
            (one, cards.get(one.video), *map(str, words.ANSWERS[Approval.State(one.state)])) for one in answered
        ],
    }
    return render(request, "provenance/portal/approvals.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@door.holder
def approval(request: HttpRequest, party: Party, approval_id: UUID) -> HttpResponseBase:
    """Show the draft with what it is for, and take the answer. Sent twice is once."""
    row = _theirs(approval_id, party)
    if request.method != "POST":
        return _page(request, party, row)
    answer = {"yes": approvals.give, "no": approvals.refuse}.get(request.POST.get("decision", ""))
    if answer is None:
        return _page(request, party, row, status=422, wrong=gettext("Choose yes or no."))
    try:
        answered = answer(row, actor=party)
    except Problem as problem:
        row.refresh_from_db()
        return _page(request, party, row, status=problem.status, wrong=f"{problem.detail} {problem.remedy}".strip())
    messages.success(request, _said(answered))
    return redirect("portal-approval", approval_id=row.pk)


def _theirs(approval_id: UUID, party: Party) -> Approval:
    """Return the question, or raise `ApprovalMissing`: absent and somebody else's are one answer."""
    rows = Approval.objects.select_related("grant__likeness", "permit__decision__client")
    row = rows.filter(pk=approval_id).first()
    if row is None or not approvals.is_theirs(row.grant.likeness_id, party):
        raise approvals.missing()
    return row


def _page(request: HttpRequest, party: Party, row: Approval, *, status: int = 200, wrong: str = "") -> HttpResponseBase:
    video = Video.objects.select_related("client").filter(pk=row.video).first()
    stands = video is not None and video.pk in leases.standing_now([video.pk])
    shape, said = words.ANSWERS[Approval.State(row.state)]
    next_ = Approval.objects.filter(grant__likeness=row.grant.likeness_id, state=Approval.State.PENDING)
    context = {
        "approval": row,
        "video": video,
        "card": made.card(video, party, stands=stands) if video is not None else None,
        "prompt": defused(video.prompt) if video is not None else "",
        "shape": shape,
        "said": said,
        "open": row.state == Approval.State.PENDING and row.grant.ended_at is None,
        "voiced": row.voices.filter(party=party).exists(),
        "use": row.permit.decision.use,
        "wrong": wrong,
        "next": next_.exclude(pk=row.pk).order_by("due_at", "pk").first(),
    }
    return render(request, "provenance/portal/approval.html", context, status=status)


def _said(row: Approval) -> str:
    if row.state == Approval.State.PENDING:
        return gettext("Your yes is noted. It is shown once enough of those who decide with you say yes too.")
    if row.state == Approval.State.GIVEN:
        return gettext("You said yes. The video is shown now. To stop it later, withdraw the permission.")
    return gettext("You said no. Nobody will see this video.")
