"""One act upon a list of items: what would become of each is shown first, and above a set number two people are needed.

What was shown is what is asked for: if what would happen has changed since, the answer is 409 with how it is now.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any, ClassVar, Final
from uuid import UUID

from django.contrib import messages
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_safe

from consent import clock
from consent.casework import bulks, proposals, verbs
from consent.casework.bulks import BulkRefused
from consent.casework.verbs import Effect
from consent.models import Bulk, Proposal
from consent.portal.door import staff_page
from ledger.problem import Problem
from ledger.subjectkeys import Erased
from provenance.console import pager
from provenance.hearings import matter

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponseBase

    from consent.staff import Staff

SHOWN: Final = 50
FIELDS: Final = ("verb", "items", "why", "case", "reason", "seen")
ARGUMENTS: Final = ("case", "reason")  # of all verbs; each form field of these names belongs to those that take it
LONGEST: Final = 1000 * 40  # characters of a list
EFFECTS: Final = {
    Effect.ACTS: ("good", _("is done")),
    Effect.ALREADY: ("info", _("is so already")),
    Effect.CONFLICT: ("warn", _("is refused: a colleague's to do, or over")),
    Effect.MISSING: ("bad", _("is not there")),
}


class BulkChanged(Problem):
    """What would become of the items is not what the page showed any more."""

    code: ClassVar[str] = "bulk-changed"
    status: ClassVar[int] = 409
    title: ClassVar[str] = "Something changed meanwhile"


@require_safe
@staff_page(may=bulks.PROPOSE)
def listed(request: HttpRequest, actor: Staff) -> HttpResponseBase:
    """List what was asked for many items, the newest first."""
    del actor
    page = pager.page(Bulk.objects.all(), request.GET.get("after", ""), "made_at", SHOWN)
    rows = [{"row": row, "title": _title(row.verb), "state": _state(row)} for row in page.rows]
    return render(request, "provenance/oversight/bulks.html", {"rows": rows, "older": page.older})


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page(may=bulks.PROPOSE)
def new(request: HttpRequest, actor: Staff) -> HttpResponseBase:
    """Write a list, see what would become of it (`step` preview), and ask for it. Refused, what was typed is kept."""
    typed, shown = {name: request.POST.get(name, "") for name in FIELDS}, None
    if request.method != "POST":
        return _form(request, actor, typed)
    try:
        items, said = _items(typed["items"]), _arguments(typed)
        shown = bulks.preview(typed["verb"], items, said, actor=actor)
        if request.POST.get("step") != "ask":
            return _form(request, actor, typed, shown)
        if typed["seen"] != _digest(shown):
            raise BulkChanged("It is shown anew below.", pointer="/seen", remedy="Look at it, then ask again.")
        _require_reason(typed["why"])
        made = bulks.ask(typed["verb"], items, said, reason=typed["why"].strip(), actor=actor)
        if made.released_at is not None:
            bulks.run(made)
    except Problem as problem:
        return _form(request, actor, typed, shown, problem)
    two = gettext("It waits for a second person.")
    messages.success(request, gettext("It was worked through.") if made.released_at is not None else two)
    return redirect("console-bulk", made.pk)


@require_safe
@staff_page(may=bulks.PROPOSE)
def bulk(request: HttpRequest, actor: Staff, item: UUID) -> HttpResponseBase:
    """Show one list and how far it is. Raises `BulkRefused` for none."""
    row = Bulk.objects.filter(pk=item).first()
    if row is None:
        raise BulkRefused("There is no such list.", remedy="Look at the lists again.")
    proposal = Proposal.objects.filter(act=bulks.CONFIRM, target=row.pk).order_by("-proposed_at").first()
    waits = proposal is not None and not proposal.decision and proposal.expires_at > clock.now()
    shown = {
        "row": row, "title": _title(row.verb), "state": _state(row), "progress": bulks.progress(row),
        "items": row.items.order_by("number")[: bulks.MOST], "proposal": proposal, "waits": waits,
        "own": row.actor == actor.actor, "why": "" if proposal is None else _why(proposal),
    }  # fmt: skip
    return render(request, "provenance/oversight/bulk.html", shown)


def _form(
    request: HttpRequest,
    actor: Staff,
    typed: dict[str, str],
    shown: bulks.Preview | None = None,
    problem: Problem | None = None,
) -> HttpResponseBase:
    del actor
    effects = [] if shown is None else [(item, *EFFECTS[effect]) for item, effect in shown.effects]
    counted = [] if shown is None else [(shown.count(effect), *said) for effect, said in EFFECTS.items()]
    context = {
        "typed": typed, "problem": problem, "effects": effects, "counted": [each for each in counted if each[0]],
        "needs_two": shown is not None and shown.needs_two, "seen": "" if shown is None else _digest(shown),
        "verbs": [(each.name, gettext(each.title), each.arguments) for each in verbs.table()],
        "alone": bulks.ALONE, "most": bulks.MOST,
    }  # fmt: skip
    return render(request, "provenance/oversight/bulk_new.html", context, status=matter.status(problem))


def _items(written: str) -> list[UUID]:
    """Read ids, one a line or with commas between. Raises `BulkRefused` for what is none."""
    found = []
    for number, word in enumerate(written[:LONGEST].replace(",", " ").split()):
        try:
            found.append(UUID(word))
        except ValueError:
            remedy = "Write one id a line."
            raise BulkRefused(f"Number {number + 1} is no id.", pointer="/items", remedy=remedy) from None
    return found


def _arguments(typed: dict[str, str]) -> dict[str, str]:
    taken = next((each.arguments for each in verbs.table() if each.name == typed["verb"]), frozenset())
    return {name: typed[name].strip() for name in ARGUMENTS if name in taken}


def _digest(shown: bulks.Preview) -> str:
    text = "\n".join(f"{item} {effect}" for item, effect in shown.effects)
    return hashlib.sha256(text.encode()).hexdigest()


def _require_reason(why: str) -> None:
    """Ask for the reason of a small list too: the verb asks for that of one that takes two people."""
    if not 1 <= len(why.strip()) <= proposals.MAX_REASON or "\0" in why:
        raise proposals.ReasonMissing("Say why.", pointer="/why", remedy="Write a few sentences.")


def _why(proposal: Proposal) -> str:
    try:
        return proposals.reason_of(proposal)
    except Erased:
        return ""


def _title(verb: str) -> str:
    return next((gettext(each.title) for each in verbs.table() if each.name == verb), verb)


def _state(row: Bulk) -> tuple[str, Any]:
    if row.ended_at is not None:
        return "good", _("done")
    return ("open", _("under way")) if row.released_at is not None else ("paused", _("not released"))
