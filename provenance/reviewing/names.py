"""The register of protected names: who may look for a spelling, enter one for somebody without an account, and end one.

We do not keep the names themselves: a row says on which ground, since when and whose word it was. Whoever wants to
find one has to know its spelling.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Final
from uuid import UUID

from django.contrib import messages
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from consent import register
from consent.casework.own_queues import KEEP_REGISTER
from consent.models import ProtectedName
from consent.portal.door import staff_page
from ledger.problem import Problem
from provenance.console import pager
from provenance.reviewing import sealed

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponseBase

    from consent.staff import Staff

SHOWN: Final = 50
GROUNDS: Final = {
    "own_likeness": _("The name of a likeness here"),
    "estate": _("The name of somebody who died, by their estate"),
    "opted_out": _("Wants not to be shown, and asked us"),
    "deceased_without_estate": _("Died; the next of kin asked us"),
}


class NameChanged(Problem):
    """Somebody proposed that a protection end since the page was made."""

    code: ClassVar[str] = "protected-name-changed"
    status: ClassVar[int] = 409
    title: ClassVar[str] = "Something changed meanwhile"


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page(may=KEEP_REGISTER)
def listed(request: HttpRequest, actor: Staff) -> HttpResponseBase:
    """List what is protected, the newest first; or what protects exactly a `spelling`, which stands in no address."""
    spelling = request.POST.get("spelling", "")[: register.MAX_LENGTH].replace("\0", "").strip()
    if spelling:
        found, older = register.naming(spelling)[:SHOWN], ""
        found = [row for row in found if not _own(row, actor)]
    else:
        rows = ProtectedName.objects.filter(ended_at=None).exclude(likeness__holder__user_id=actor.user)
        page = pager.page(rows, request.GET.get("after", ""), "created_at", SHOWN)
        found, older = page.rows, page.older
    shown = {"rows": [_line(row) for row in found], "older": older, "spelling": spelling}
    return render(request, "provenance/reviewing/names.html", shown)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page(may=KEEP_REGISTER)
def new(request: HttpRequest, actor: Staff) -> HttpResponseBase:
    """Protect the name of somebody who holds no likeness here. One person may: it keeps somebody from being drawn."""
    typed = {name: request.POST.get(name, "") for name in ("ground", "names", "aliases")}
    problem = None
    if request.method == "POST":
        try:
            made = register.protect(
                _lines(typed["names"]), _lines(typed["aliases"]), ground=typed["ground"], actor=actor
            )
        except Problem as found:
            problem = found
        else:
            messages.success(request, gettext("The name is protected from now on."))
            return redirect("console-name", made.pk)
    grounds = [(str(code), GROUNDS[str(code)]) for code in register.BY_STAFF]
    context = {"typed": typed, "problem": problem, "grounds": grounds, "most": register.MAX_SPELLINGS}
    return render(request, "provenance/reviewing/name_new.html", context, status=sealed.status_of(problem))


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page(may=KEEP_REGISTER)
def name(request: HttpRequest, actor: Staff, item: UUID) -> HttpResponseBase:
    """Show one entry; say that its protection should end, or, as another, end it. Raises `ProtectedNameMissing`."""
    row, problem = _found(item, actor), None
    if request.method == "POST":
        try:
            if request.POST.get("proposer", "") != row.end_proposed_by:
                raise NameChanged("A colleague said something meanwhile.", pointer="/act", remedy="Look again.")
            if request.POST.get("act") == "end":
                register.approve_end(row, actor=actor)
                messages.success(request, gettext("The name is not protected any more."))
                return redirect("console-names")
            if request.POST.get("act") != "propose":
                raise register.NameRefused("This cannot be done.", pointer="/act", remedy="Choose what is offered.")
            register.propose_end(row, actor=actor)
            messages.success(request, gettext("It is proposed. A colleague has to look at it."))
            return redirect("console-name", item)
        except Problem as found:
            problem, row = found, _found(item, actor)
    shown = _line(row) | {"problem": problem, "own_word": row.end_proposed_by == actor.actor}
    return render(request, "provenance/reviewing/name.html", shown, status=sealed.status_of(problem))


def _line(row: ProtectedName) -> dict[str, Any]:
    return {"row": row, "ground": GROUNDS.get(row.ground, row.ground)}


def _found(item: UUID, actor: Staff) -> ProtectedName:
    row = ProtectedName.objects.select_related("likeness__holder").filter(pk=item, ended_at=None).first()
    if row is None:
        raise register.missing()
    if _own(row, actor):
        raise sealed.conflict()
    return row


def _own(row: ProtectedName, actor: Staff) -> bool:
    return row.likeness is not None and row.likeness.holder.user_id == actor.user


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text[:8000].splitlines() if line.strip()]
