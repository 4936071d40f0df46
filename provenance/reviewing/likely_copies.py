"""Drafts that are like a video which has to stay down: which seconds, under which case, and the decision.

Publishing, or withholding, is the worker's once a person has decided; a request does not wait for it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from django.contrib import messages
from django.db.models import Q
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_safe

from consent.portal.door import staff_page
from ledger.problem import Problem
from provenance import copies
from provenance.copies import CopyReviewRefused
from provenance.models import CopyReview
from provenance.reviewing import sealed

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponseBase

    from consent.staff import Staff

SHOWN: Final = 50
ACCEPTING: Final = {
    "different": _("It is another video"),
    "permitted": _("The case is about another use of it"),
}
REFUSING: Final = {
    "copy": _("It shows what has to stay down"),
    "unclear": _("It cannot be told apart from that"),
}


@require_safe
@staff_page(may=copies.MAY)
def waiting(request: HttpRequest, actor: Staff) -> HttpResponseBase:
    """List what waits, the soonest due first; what is one's own or shows one is not among it."""
    rows = copies.waiting().exclude(_own(actor))[:SHOWN]
    return render(request, "provenance/reviewing/copies.html", {"rows": rows, "most": SHOWN})


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page(may=copies.MAY)
def copy(request: HttpRequest, actor: Staff, number: int) -> HttpResponseBase:
    """Show one draft beside what it is like, or decide about it. Raises `CopyReviewRefused`, `WorkConflict`."""
    row = _found(number, actor)
    problem = None
    if request.method == "POST":
        word, _colon, reason = request.POST.get("decision", "").partition(":")
        try:
            copies.review(row, accept=word == "accept", reason=reason, actor=actor)
        except Problem as found:
            problem, row = found, _found(number, actor)
        else:
            messages.success(request, gettext("It is decided. The draft is published or withheld in a moment."))
            return redirect("console-copies")
    shown = {
        "row": row,
        "waits": copies.waiting().filter(pk=row.pk).exists(),
        "placed_it": row.block.placed_by == actor.actor,
        "accepting": [(f"accept:{name}", words) for name, words in ACCEPTING.items()],
        "refusing": [(f"refuse:{name}", words) for name, words in REFUSING.items()],
        "problem": problem,
        "chosen": request.POST.get("decision", ""),
    }
    return render(request, "provenance/reviewing/copy.html", shown, status=sealed.status_of(problem))


def _own(actor: Staff) -> Q:
    ours = Q(video__client__user_id=actor.user)
    return ours | Q(video__appearances__likeness__holder__user_id=actor.user)


def _found(number: int, actor: Staff) -> CopyReview:
    rows = CopyReview.objects.select_related("video", "block")
    row = rows.filter(pk=number).first() if number < 1 << 63 else None
    if row is None:
        raise CopyReviewRefused("There is no such draft to look at.", remedy="List what waits.")
    if CopyReview.objects.filter(_own(actor), pk=number).exists():
        raise sealed.conflict()
    return row
