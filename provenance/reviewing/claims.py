"""Claims of authority: what is claimed, what it rests on, what a colleague thinks, and what one can do about it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from django.contrib import messages
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from consent import claims, reviews
from consent.casework import queues
from consent.models import Claim
from consent.portal.door import staff_page
from ledger.problem import Problem
from ledger.subjectkeys import Erased
from provenance.reviewing import sealed

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

    from django.http import HttpRequest, HttpResponseBase

    from consent.models import ClaimReview
    from consent.staff import Staff

SHOWN: Final = 50
REFUSALS: Final = {
    "not-shown": _("The documents do not show it"),
    "unreadable": _("The documents cannot be read"),
    "not-authentic": _("A document is not genuine"),
    "somebody-else": _("Somebody else decides about this likeness"),
    "no-such-likeness": _("There is no such likeness"),
    "not-ours-to-decide": _("A court has to decide this"),
}
VERDICTS: Final = {
    "accept": _("Accept it"),
    "transfer": _("Transfer the likeness to the claimant"),
    "refuse": _("Refuse it"),
    "end": _("End this authority"),
    "dispute": _("Hold the likeness while two sides disagree"),
}
ACTS: Final[dict[str, tuple[Any, Callable[[Claim, str, Staff], Any]]]] = {
    "recommend-accept": (
        _("Recommend to accept it"), lambda claim, _reason, actor: reviews.recommend(claim, "accept", actor=actor)),
    "recommend-transfer": (
        _("Recommend to transfer the likeness"),
        lambda claim, _reason, actor: reviews.recommend(claim, "transfer", actor=actor)),
    "recommend-refuse": (
        _("Recommend to refuse it"), lambda claim, _reason, actor: reviews.recommend(claim, "refuse", actor=actor)),
    "recommend-end": (
        _("Recommend to end it"), lambda claim, _reason, actor: reviews.recommend(claim, "end", actor=actor)),
    "dispute": (
        _("Hold the likeness: this is credible, and against somebody else"),
        lambda claim, _reason, actor: reviews.dispute(claim, actor=actor)),
    "accept": (_("Accept it"), lambda claim, _reason, actor: reviews.accept(claim, actor=actor)),
    "transfer": (
        _("Transfer the likeness to the claimant"), lambda claim, _reason, actor: reviews.transfer(claim, actor=actor)),
    "refuse": (_("Refuse it"), lambda claim, reason, actor: reviews.refuse(claim, reason, actor=actor)),
    "end": (_("End this authority"), lambda claim, _reason, actor: claims.end(claim, actor=actor)),
}  # fmt: skip


@require_safe
@staff_page(may=reviews.MAY)
def waiting(request: HttpRequest, actor: Staff) -> HttpResponseBase:
    """List the claims that nobody decided, the soonest due first."""
    rows = Claim.objects.filter(state__in=claims.WAITING, claimant__erased_at=None).select_related("claimant")
    rows = rows.exclude(queues.named("claims").conflicted(actor)).prefetch_related("reviews").order_by("due_at", "pk")
    shown = [{"row": row, "last": _last(row)} for row in rows[:SHOWN]]
    return render(request, "provenance/reviewing/claims.html", {"rows": shown, "most": SHOWN})


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page(may=reviews.MAY)
def claim(request: HttpRequest, actor: Staff, item: UUID) -> HttpResponseBase:
    """Show one claim, or do something about it. Each act twice is once, or is refused beside the form."""
    row = _found(item, actor)
    if request.method != "POST":
        return _page(request, row, actor)
    act = request.POST.get("act", "")
    try:
        if act not in _possible(row, actor):
            raise reviews.ClaimConflict("This cannot be done now.", pointer="/act", remedy="Choose from the list.")
        ACTS[act][1](row, request.POST.get("reason", ""), actor)
    except Problem as problem:
        return _page(request, _found(item, actor), actor, problem)
    messages.success(request, gettext("It is done, and on record: %(act)s.") % {"act": ACTS[act][0]})
    return redirect("console-claim", item)


@require_POST
@staff_page(may=reviews.MAY)
def read(request: HttpRequest, actor: Staff, item: UUID) -> HttpResponseBase:
    """Open what the claimant swore to, on record. Not a redirect: to see it again is to open it again."""
    row = _found(item, actor)
    try:
        said = reviews.read(row, actor=actor)
    except Erased:
        said = {}
    return _page(request, row, actor, said=said)


def _page(
    request: HttpRequest,
    row: Claim,
    actor: Staff,
    problem: Problem | None = None,
    *,
    said: dict[str, Any] | None = None,
) -> HttpResponseBase:
    """Show a claim. `said` None: nobody opened what was sworn; empty: it was erased."""
    last, documents = _last(row), list(row.documents.order_by("added_at", "pk"))
    seen = sealed.sights([(sealed.DOCUMENT, each.pk) for each in documents], actor)
    shown = {
        "row": row,
        "said": said,
        "documents": [{"row": each, "sight": seen[each.pk]} for each in documents],
        "reviews": [{"row": each, "verdict": VERDICTS[each.verdict]} for each in row.reviews.all()],
        "own_word": last is not None and last.actor == actor.actor and last.verdict != "dispute",
        "acts": [(name, ACTS[name][0]) for name in _possible(row, actor)],
        "refusals": REFUSALS.items(),
        "refusal": REFUSALS.get(row.refusal, ""),
        "problem": problem,
        "chosen": request.POST.get("act", ""),
        "reason": request.POST.get("reason", ""),
    }
    return render(request, "provenance/reviewing/claim.html", shown, status=sealed.status_of(problem))


def _possible(row: Claim, actor: Staff) -> list[str]:
    """Return the acts that are offered; the verbs decide again, under the lock."""
    last = _last(row)
    word = last.verdict if last is not None and last.actor != actor.actor else ""
    if row.state == Claim.State.ACCEPTED:
        return ["recommend-end", *(["end"] if word == "end" else [])]
    if row.state not in claims.WAITING:
        return []
    open_ = row.state == Claim.State.OPEN
    found = ["recommend-accept", "recommend-transfer", "recommend-refuse"]
    found += ["dispute"] if open_ and row.likeness_id is not None else []
    found += [word] if word in {"accept", "transfer"} else []
    return found + (["refuse"] if open_ or word == "refuse" else [])


def _found(item: UUID, actor: Staff) -> Claim:
    """Return a claim that this person may work on. Raises `ClaimMissing`, `WorkConflict`."""
    row = Claim.objects.select_related("claimant", "likeness", "statement__subject_key").filter(pk=item).first()
    if row is None:
        raise claims.missing()
    if Claim.objects.filter(queues.named("claims").conflicted(actor), pk=item).exists():
        raise sealed.conflict()
    return row


def _last(row: Claim) -> ClaimReview | None:
    """Return the last word on a claim; numbers are drawn while the claim is held."""
    return max(row.reviews.all(), key=lambda each: each.pk, default=None)
