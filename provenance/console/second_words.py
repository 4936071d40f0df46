"""What waits for the word of another person: each with who proposed it and why, to confirm or to refuse."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from django.contrib import messages
from django.db.models import Exists, OuterRef
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_POST, require_safe

from consent import blocks, clock, register, revocation_proposals, staff
from consent.casework import acts, bulks, own_queues, proposals
from consent.models import Block, Case, Proposal, ProtectedName, RevocationProposal, Ruling
from consent.portal.door import staff_page
from consent.takedown import policies, rulings
from ledger.problem import Problem
from ledger.subjectkeys import Erased
from provenance.console import decide, work
from provenance.console import waiting as lists

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime
    from uuid import UUID

    from django.http import HttpRequest, HttpResponseBase

    from consent.staff import Staff

MOST: Final = 25  # of each sort
ROW: Final = {
    "ruling": Ruling, "proposal": Proposal, "block": Block, "lift": Block,
    "revocation": RevocationProposal, "name": ProtectedName,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Word:
    """One proposal. `own`: this person may not confirm it, in words; "": they may. `refusable`: a no is recorded."""

    sort: str
    pk: UUID
    title: str
    first: str
    at: datetime | None
    reasons: list[str]
    due: datetime | None = None
    own: str = ""
    refusable: bool = False
    url: str = ""
    version: int = 0


@require_safe
@staff_page(may=own_queues.SEE)
def waiting(request: HttpRequest, actor: Staff) -> HttpResponseBase:
    """List what waits, what is due first on top."""
    return _page(request, actor)


@require_POST
@staff_page(may=own_queues.SEE)
def answer(request: HttpRequest, actor: Staff, sort: str, item: UUID) -> HttpResponseBase:
    """Confirm or refuse one. The verb asks for the permission, and refuses who proposed it."""
    word = request.POST.get("word", "")
    chosen = VERBS.get((sort, word))
    model: Any = ROW.get(sort)
    row = None if model is None else model.objects.filter(pk=item).first()
    if chosen is None or row is None:
        raise acts.ActRefused("Nothing of this waits here.", remedy="Look at the page again.")
    version = request.POST.get("version", "")
    try:
        _require(sort, word, row, request)
        chosen(row, decide.version_of(version), actor)
    except Problem as problem:
        return _page(request, actor, problem=problem, at=item)
    done = gettext("Confirmed. It is done.") if word == "confirm" else gettext("Refused. Nothing happens.")
    messages.success(request, done)
    return redirect("console-second-words")


def _page(
    request: HttpRequest, actor: Staff, *, problem: Problem | None = None, at: UUID | None = None
) -> HttpResponseBase:
    lines = lists.lines(actor, request.user)
    may = {line.queue.name for line in lines if line.may}
    words = [each for name, listed in LISTS.items() if name in may for each in listed(actor)]
    words.sort(key=lambda each: (each.due is None, each.due or clock.now()))
    shown = {"words": words, "queues": lists.beside(lines), "problem": problem, "at": at}
    status = 200 if problem is None else problem.status if problem.status in {403, 409} else 422
    return render(request, "provenance/console/second_words.html", shown, status=status)


def _require(sort: str, word: str, row: Any, request: HttpRequest) -> None:  # noqa: ANN401 - any of these rows
    """Ask for the permission of verbs that leave that to their door."""
    del word
    asked = {"ruling": rulings.CONFIRM, "block": blocks.DECIDE, "lift": blocks.DECIDE}
    asked |= {"revocation": acts.APPROVE, "name": acts.NAME}
    if sort in asked:
        staff.member(request.user, may=asked[sort])  # type: ignore[arg-type]  # the door let nobody else in
    if sort == "ruling" and row.state not in {Ruling.State.PROPOSED, Ruling.State.IN_FORCE}:
        raise rulings.RulingRefused("It was answered already.", remedy="Look at the page again.")


def _rulings(actor: Staff) -> Iterator[Word]:
    rows = Ruling.objects.filter(state=Ruling.State.PROPOSED).select_related("case", "facts__subject_key")
    rows = rows.annotate(mine=_part(actor)).order_by("case__due_at")
    for row in rows[:MOST]:
        policy = policies.POLICIES[row.policy]
        reasons = [policy.english, policy.reason(row.reason).english, _facts(row)]
        own = _own(row.proposed_by, actor)
        if not own and row.mine:
            own = gettext("You have a part in this case. Leave it to a colleague.")
        title = f"{row.get_action_display()}: {row.case.number}"
        yield Word(
            "ruling", row.pk, title, row.proposed_by, row.proposed_at, reasons, row.case.due_at, own,
            refusable=True, url=lists.address(work.CASES, row.case_id), version=row.case.version,
        )  # fmt: skip


def _part(actor: Staff) -> Any:  # noqa: ANN401 - a condition as an expression
    rows = Case.objects.filter(work.part_in(actor, "pk", "video", "likeness"), pk=OuterRef("case_id"))
    return Exists(rows)


def _proposals(actor: Staff) -> Iterator[Word]:
    rows = Proposal.objects.filter(decision="", expires_at__gt=clock.now()).select_related("entry__sealed__subject_key")
    for row in rows.order_by("expires_at")[:MOST]:
        said = [f"{name}: {value}" for name, value in row.arguments.items()]
        title = gettext(acts.named(row.act).title)
        reasons = [_reason(row), f"{gettext('Upon')} {row.target}", *said]
        own = _own(row.proposed_by, actor)
        yield Word(
            "proposal",
            row.pk,
            title,
            row.proposed_by,
            row.proposed_at,
            reasons,
            row.expires_at,
            own,
            refusable=True,
            url=reverse("console-bulk", args=[row.target]) if row.act == bulks.CONFIRM else "",
        )


def _blocks(actor: Staff) -> Iterator[Word]:
    rows = Block.objects.filter(lifted_at=None, until__gt=clock.now(), confirmed_at=None).order_by("accepted_at")
    for row in rows[:MOST]:
        first = row.confirm_proposed_by or row.placed_by
        title = gettext("Confirm a block") if first != blocks.SYSTEM else gettext("Stand behind a block")
        reasons = [row.reason, f"{gettext('Case')} {row.case}", f"{gettext('Video')} {row.video}"]
        due = row.accepted_at + own_queues.CONFIRMED_WITHIN
        yield Word("block", row.pk, title, first, row.accepted_at, reasons, due, _own(first, actor))


def _lifts(actor: Staff) -> Iterator[Word]:
    rows = Block.objects.filter(lifted_at=None, until__gt=clock.now()).exclude(lift_proposed_by="")
    for row in rows.order_by("accepted_at")[:MOST]:
        reasons = [row.reason, f"{gettext('Case')} {row.case}", f"{gettext('Video')} {row.video}"]
        own = _own(row.lift_proposed_by, actor)
        yield Word("lift", row.pk, gettext("Lift a block"), row.lift_proposed_by, None, reasons, row.until, own)


def _revocations(actor: Staff) -> Iterator[Word]:
    since = clock.now() - revocation_proposals.OPEN
    rows = RevocationProposal.objects.filter(withdrawal=None, created_at__gt=since).order_by("created_at")
    for row in rows[:MOST]:
        due = row.created_at + revocation_proposals.OPEN
        own = _own(row.proposed_by, actor)
        title = gettext("End a permission")
        yield Word("revocation", row.pk, title, row.proposed_by, row.created_at, [row.reason], due, own)


def _names(actor: Staff) -> Iterator[Word]:
    rows = ProtectedName.objects.filter(ended_at=None).exclude(end_proposed_by="").order_by("created_at")
    for row in rows[:MOST]:
        own = _own(row.end_proposed_by, actor)
        title = gettext("End the protection of a name")
        yield Word("name", row.pk, title, row.end_proposed_by, None, [row.ground], None, own)


def _own(first: str, actor: Staff) -> str:
    return gettext("You proposed this yourself. A colleague has to look at it.") if first == actor.actor else ""


def _facts(row: Ruling) -> str:
    try:
        return str(rulings.facts_of(row)["facts"])
    except Erased:
        return gettext("What it rests on was erased.")


def _reason(row: Proposal) -> str:
    try:
        return proposals.reason_of(row)
    except Erased:
        return gettext("What it rests on was erased.")


def _stand_behind(row: Any, _version: int, actor: Staff) -> None:  # noqa: ANN401 - a block, as below
    """Confirm a block, or be the first of two where a sworn notice placed it."""
    if row.placed_by == blocks.SYSTEM and not row.confirm_proposed_by:
        blocks.propose_confirmation(row, actor=actor)
    else:
        blocks.confirm(row, actor=actor)


LISTS: Final[dict[str, Callable[[Staff], Iterator[Word]]]] = {
    work.RULINGS: _rulings,
    "proposals": _proposals,
    "blocks-to-confirm": _blocks,
    "lifts": _lifts,
    "revocations": _revocations,
    "names-to-end": _names,
}
VERBS: Final[dict[tuple[str, str], Callable[[Any, int, Staff], Any]]] = {
    ("ruling", "confirm"): lambda row, version, actor: rulings.confirm(row, version=version, actor=actor),
    ("ruling", "refuse"): lambda row, _version, actor: rulings.decline(row, actor=actor),
    ("proposal", "confirm"): lambda row, _version, actor: proposals.confirm(row, actor=actor),
    ("proposal", "refuse"): lambda row, _version, actor: proposals.refuse(row, actor=actor),
    ("block", "confirm"): _stand_behind,
    ("lift", "confirm"): lambda row, _version, actor: blocks.lift(row, actor=actor),
    ("revocation", "confirm"): lambda row, _v, actor: revocation_proposals.approve_revocation(row, actor=actor),
    ("name", "confirm"): lambda row, _version, actor: register.approve_end(row, actor=actor),
}
