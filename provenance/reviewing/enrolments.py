"""Enrolments that a program would not decide: what was asked, what failed, who looks alike, and the decision."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from django.contrib import messages
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_safe

from consent import capture_review
from consent.capture_review import ReviewRefused
from consent.casework import own_queues
from consent.models import Enrolment, EnrolmentSession
from consent.portal.door import staff_page
from ledger.problem import Problem
from ledger.subjectkeys import Erased
from provenance.reviewing import sealed

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponseBase

    from consent.staff import Staff

SHOWN: Final = 50
ALIKE: Final = 6  # candidates beside the clip, the nearest first
DOUBTS: Final = {
    "tries-spent": _("Three tries did not pass"),
    "possible-duplicate": _("Looks like somebody who is enrolled"),
    "not-the-enrolled-face": _("Not the face that was enrolled"),
    "vendor-doubt": _("A provider has doubts about the camera"),
}
ACCEPTING: Final = {
    "accent": _("Everything but the digits passed, and I hear them said"),
    "follows": _("I see that the steps were followed"),
    "different-people": _("Who looks alike is somebody else"),
    "same-person": _("The face has changed, and is the same person's"),
}
REFUSING: Final = {
    "not-followed": _("The steps were not followed"),
    "unusable": _("The clip shows too little"),
    "duplicate": _("This face is somebody's who is enrolled already"),
    "another-person": _("This is not the person of this likeness"),
    "presentation-attack": _("I see a screen, a print, a mask or a fabrication"),
}


@require_safe
@staff_page(may=own_queues.REVIEW_ENROLMENT)
def waiting(request: HttpRequest, actor: Staff) -> HttpResponseBase:
    """List what waits, those that wait longest first; one's own is not among it."""
    rows = EnrolmentSession.objects.filter(state=EnrolmentSession.State.IN_REVIEW)
    rows = rows.exclude(likeness__holder__user_id=actor.user).order_by("opened_at", "pk")
    shown = [
        {"row": row, "doubt": DOUBTS.get(row.doubt, row.doubt), "due": row.opened_at + own_queues.ANSWERED_WITHIN}
        for row in rows[:SHOWN]
    ]
    return render(request, "provenance/reviewing/enrolments.html", {"rows": shown, "most": SHOWN})


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page(may=own_queues.REVIEW_ENROLMENT)
def enrolment(request: HttpRequest, actor: Staff, item: UUID) -> HttpResponseBase:
    """Show one session, or decide about its clip. Raises `ReviewRefused`, `WorkConflict`."""
    row = _found(item, actor)
    if request.method != "POST":
        return _page(request, row, actor)
    accept, reason = _decision(request.POST.get("decision", ""))
    try:
        capture_review.review(row, accept=accept, reason=reason, actor=actor)
    except Problem as problem:
        return _page(request, _found(item, actor), actor, problem)
    done = gettext("Accepted. They are enrolled.") if accept else gettext("Refused. The clip is destroyed.")
    messages.success(request, done)
    return redirect("console-enrolments")


def _page(
    request: HttpRequest, row: EnrolmentSession, actor: Staff, problem: Problem | None = None
) -> HttpResponseBase:
    tries = _tries(row)
    alike = _alike(tries[-1]["note"] if tries else {})
    wanted = [(sealed.SESSION, row.pk)] if row.clip_id is not None else []
    seen = sealed.sights([*wanted, *((sealed.ENROLMENT, each["enrolment"]) for each in alike)], actor)
    shown = {
        "row": row,
        "doubt": DOUBTS.get(row.doubt, row.doubt),
        "due": row.opened_at + own_queues.ANSWERED_WITHIN,
        "waits": row.state == EnrolmentSession.State.IN_REVIEW,
        "tries": tries,
        "clip": seen.get(row.pk),
        "alike": [each | {"sight": seen[each["enrolment"]]} for each in alike],
        "accepting": [(f"accept:{name}", words) for name, words in ACCEPTING.items()],
        "refusing": [(f"refuse:{name}", words) for name, words in REFUSING.items()],
        "problem": problem,
        "chosen": request.POST.get("decision", ""),
    }
    return render(request, "provenance/reviewing/enrolment.html", shown, status=sealed.status_of(problem))


def _decision(said: str) -> tuple[bool, str]:
    word, _colon, reason = said.partition(":")
    return word == "accept", reason if word in {"accept", "refuse"} else ""


def _found(item: UUID, actor: Staff) -> EnrolmentSession:
    row = EnrolmentSession.objects.select_related("likeness__holder").filter(pk=item).exclude(doubt="").first()
    if row is None:
        raise ReviewRefused("There is no such enrolment to review.", remedy="Look at the queue again.")
    if row.likeness.holder.user_id == actor.user:
        raise sealed.conflict()
    return row


def _tries(row: EnrolmentSession) -> list[dict[str, Any]]:
    """Return each try with its checks as measured; none where its holder was erased."""
    try:
        measured = capture_review.findings(row)
    except Erased:
        return []
    return [{"number": n, "checks": each["checks"], "note": each["note"]} for n, each in enumerate(measured, 1)]


def _alike(note: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the newest clip of each who looks alike, the nearest first. No names: a face is compared with a face."""
    near = {UUID(each["likeness"]): each for each in note.get("look_alikes", {}).get("candidates", [])}
    rows = Enrolment.objects.filter(likeness__in=near, erased_at=None).order_by("likeness", "-created_at", "-pk")
    newest = rows.distinct("likeness").values_list("likeness", "pk")
    found = [{"enrolment": pk, "distance": near[likeness]["distance_thousandths"]} for likeness, pk in newest]
    return sorted(found, key=lambda each: (each["distance"], str(each["enrolment"])))[:ALIKE]
