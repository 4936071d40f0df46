"""Ending somebody's permission without them: one proposes with a reason of the list, another looks and lets it happen.

The page says what would end and what the person will read. It carries the epoch of the likeness: where anything about
it changed since, the answer is 409.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from django.contrib import messages
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_safe

from consent import clock, endings, revocation_proposals, staff
from consent import revocation_reasons as reasons
from consent.casework import own_queues
from consent.models import Grant, Likeness, RevocationProposal
from consent.portal.door import staff_page
from consent.revocation_proposals import ProposalRefused
from ledger.problem import Problem
from provenance.console import pager
from provenance.reviewing import sealed

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponseBase

    from consent.staff import Staff

PROPOSE: Final = "consent.propose_revocation"
APPROVE: Final = "consent.approve_revocation"
SHOWN: Final = 50


@require_safe
@staff_page(may=own_queues.SEE)
def listed(request: HttpRequest, actor: Staff) -> HttpResponseBase:
    """List the proposals, the newest first; one's own likeness is not among them."""
    _require_either(request)
    rows = RevocationProposal.objects.exclude(likeness__holder__user_id=actor.user)
    page = pager.page(rows, request.GET.get("after", ""), "created_at", SHOWN)
    shown = [{"row": row, "reason": _reason(row), "waits": _waits(row)} for row in page.rows]
    context = {"rows": shown, "older": page.older, "proposes": request.user.has_perm(PROPOSE)}
    return render(request, "provenance/reviewing/revocations.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page(may=PROPOSE)
def new(request: HttpRequest, actor: Staff) -> HttpResponseBase:
    """Propose to end a grant, or a likeness with all its grants. Ends nothing. Refused, what was typed is kept."""
    typed = {name: request.POST.get(name, "") for name in ("of", "reason", "reference")}
    problem = None
    if request.method == "POST":
        try:
            target = _target(typed["of"], actor)
            made = revocation_proposals.propose_revocation(
                target, reason=typed["reason"], reference=typed["reference"].strip(), actor=actor
            )
        except Problem as found:
            problem = found
        else:
            messages.success(request, gettext("It is proposed. A colleague has to look at it."))
            return redirect("console-revocation", made.pk)
    given = [each for each in reasons.REVOCATIONS.values() if each.by & {reasons.By.STAFF, reasons.By.COURT}]
    context = {"typed": typed, "problem": problem, "reasons": given, "most": revocation_proposals.MAX_REFERENCE}
    return render(request, "provenance/reviewing/revocation_new.html", context, status=sealed.status_of(problem))


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page(may=own_queues.SEE)
def revocation(request: HttpRequest, actor: Staff, item: UUID) -> HttpResponseBase:
    """Show one proposal with what it would end, or let it take effect. Raises `ProposalRefused`, `WorkConflict`."""
    _require_either(request)
    row, problem = _found(item, actor), None
    if request.method == "POST":
        try:
            staff.require(actor, may=APPROVE)
            if request.POST.get("epoch", "") != str(row.likeness.epoch):
                raise ProposalRefused(
                    "Something about it changed.", pointer="/epoch", remedy="Look again, then confirm."
                )
            revocation_proposals.approve_revocation(row, actor=actor)
        except Problem as found:
            problem, row = found, _found(item, actor)
        else:
            messages.success(request, gettext("It ends. The person is told why, and how to object."))
            return redirect("console-revocation", item)
    return render(request, "provenance/reviewing/revocation.html", _shown(request, row, actor, problem),
                  status=sealed.status_of(problem))  # fmt: skip


def _shown(request: HttpRequest, row: RevocationProposal, actor: Staff, problem: Problem | None) -> dict[str, Any]:
    ends = endings.live(row.likeness) if row.grant is None else [row.grant]
    return {
        "row": row, "reason": _reason(row), "ends": ends, "waits": _waits(row), "problem": problem,
        "due": row.created_at + revocation_proposals.OPEN, "own": row.proposed_by == actor.actor,
        "approves": request.user.has_perm(APPROVE), "appeal": reasons.APPEAL,
    }  # fmt: skip


def _found(item: UUID, actor: Staff) -> RevocationProposal:
    rows = RevocationProposal.objects.select_related("likeness__holder", "grant__entry", "withdrawal")
    row = rows.filter(pk=item).first()
    if row is None:
        raise ProposalRefused("There is no such proposal.", remedy="Look at the list again.")
    if row.likeness.holder.user_id == actor.user:
        raise sealed.conflict()
    return row


def _target(written: str, actor: Staff) -> Likeness | Grant:
    """Return the grant or the likeness of an id. Raises `ProposalRefused`, and `WorkConflict` for one's own."""
    missing = ProposalRefused("There is nothing of this id.", pointer="/of", remedy="Use the id that a page shows.")
    try:
        named = UUID(written.strip())
    except ValueError:
        raise missing from None
    grant = Grant.objects.select_related("likeness__holder").filter(pk=named).first()
    likeness = grant.likeness if grant else Likeness.objects.select_related("holder").filter(pk=named).first()
    if likeness is None:
        raise missing
    if likeness.holder.user_id == actor.user:
        raise sealed.conflict()
    return grant or likeness


def _require_either(request: HttpRequest) -> None:
    if not (request.user.has_perm(PROPOSE) or request.user.has_perm(APPROVE)):
        raise staff.StaffRefused("Your roles do not let you do this.", remedy="Leave it to a colleague who may.")


def _reason(row: RevocationProposal) -> Any:  # noqa: ANN401 - a reason of the list, or the code alone
    return reasons.REVOCATIONS.get(row.reason)


def _waits(row: RevocationProposal) -> bool:
    return row.withdrawal_id is None and row.created_at > clock.now() - revocation_proposals.OPEN
