"""Take consent back: a page that says what it would do, with one button; then a page with the clock.

None of these pages asks again who one is: taking back must be easier than giving. What a withdrawal does to videos is
counted by `provenance.consequences`, which `provenance.ending_pages` hands to the views here.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, Final, Protocol

from django.contrib import messages
from django.db.models import Q
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_safe

from consent import exclusions, grants, preview, revocations, stopping
from consent.models import Exclusion, Grant, Likeness, Party, Suspension, Withdrawal
from consent.portal import acting, door
from consent.preview import Aim
from ledger.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from uuid import UUID

    from django.http import HttpRequest, HttpResponseBase, QueryDict

    from consent.revocations import Ended

log = logging.getLogger(__name__)
RECENT: Final = 20  # endings on a page
PATIENCE: Final = 5.0  # seconds that a page waits for an ending to be effective; longer is for the worker


class Videos(Protocol):
    """What an end of consent does to videos: published ones and those under way, by the clause of the grant."""

    @property
    def shown(self) -> dict[str, int]: ...  # noqa: D102 - as the class says
    @property
    def under_way(self) -> dict[str, int]: ...  # noqa: D102 - as the class says
    @property
    def jobs(self) -> int: ...  # noqa: D102 - as the class says


type Count = Callable[[Aim], Videos]


class WithdrawalMissing(Problem):
    """Absent, or somebody else's: one answer for both."""

    code = "withdrawal-missing"
    status = 404
    title = "No such withdrawal"


@require_http_methods(["GET", "POST"])
@door.holder
def withdraw(request: HttpRequest, party: Party, *, videos: Count) -> HttpResponseBase:
    """Show what would end, and end it: a grant, a likeness, or whatever covers somebody."""
    aim = _aim(request.POST if request.method == "POST" else request.GET, party)
    if aim is None:
        return redirect("portal-grants")
    before = _before(aim)
    if before is not None:
        return redirect("portal-ending", withdrawal=before.pk)
    if request.method == "POST":
        return _ended(request, aim)
    shown = _previewed(preview.preview(aim), videos(aim))
    return render(request, "consent/portal/grants/withdraw.html", shown | {"aim": aim})


@require_http_methods(["GET", "POST"])
@door.holder
def stop(request: HttpRequest, party: Party, *, videos: Count) -> HttpResponseBase:
    """Stop everything: let every likeness rest at once, or end them all for good."""
    mine = list(Likeness.objects.filter(holder=party).exclude(state=Likeness.State.WITHDRAWN).order_by("name", "pk"))
    if request.method == "POST":
        made: Sequence[Ended]
        if request.POST.get("for_good") == "on":
            made = stopping.end_everything(actor=party)
            messages.success(request, gettext("Everything has ended."))
        else:
            made = stopping.pause_everything(actor=party)
            messages.success(request, gettext("Everything is stopped. It stays so until you let it go on."))
        log.info("%d likenesses were stopped", len(made))
        return redirect("portal-endings")
    others = acting.acted_for(party).exclude(holder=party).exclude(state=Likeness.State.WITHDRAWN).order_by("name")
    shown = _previewed(None, videos(Aim(holder=party)))  # whatever covers any likeness of theirs
    context = {
        "mine": mine,
        "others": others[:RECENT],
        "hidden": shown["hidden"] + shown["kept"] + shown["deleted"],
        "jobs": shown["jobs"],
    }
    return render(request, "consent/portal/grants/stop.html", context)


@require_safe
@door.holder
def ending(request: HttpRequest, party: Party, withdrawal: UUID) -> HttpResponseBase:
    """Show one withdrawal with its clock, which goes on by itself; afterwards what it ended."""
    rows = Withdrawal.objects.select_related("likeness", "grant", "party", "entry", "drained_entry").filter(
        _seen(party)
    )
    found = rows.filter(pk=withdrawal).first()
    if found is None:
        raise WithdrawalMissing("There is no such withdrawal of yours.", remedy="Use the link that you were given.")
    if "wait" in request.GET:
        _wait([found])
        found.refresh_from_db()
    ended = Grant.objects.filter(ended_by=found)
    context = {"withdrawal": found, "number": ended.count(), "clauses": preview.by_clause(ended)}
    return render(request, "consent/portal/grants/ending.html", context)


@require_safe
@door.holder
def endings(request: HttpRequest, party: Party) -> HttpResponseBase:
    """Show what was stopped lately, and whom one has shut out, each with the way back where there is one."""
    withdrawals = Withdrawal.objects.select_related("likeness", "party", "grant").filter(_seen(party))
    rows: list[Withdrawal] = list(withdrawals.order_by("-accepted_at", "-pk")[:RECENT])
    resting = Suspension.objects.select_related("likeness", "grant").filter(likeness__holder=party, resumed_at=None)
    pauses = list(resting.order_by("-accepted_at", "-pk")[:RECENT])
    both: list[Ended] = [*rows, *pauses]
    if "wait" in request.GET:
        _wait([one for one in both if one.effective_at is None])
        return redirect("portal-endings")
    out = Exclusion.objects.select_related("likeness", "party").filter(likeness__holder=party, lifted_at=None)
    context = {
        "withdrawals": rows,
        "pauses": pauses,
        "exclusions": out.order_by("-created_at", "-pk")[: RECENT * 5],
        "waiting": any(one.effective_at is None for one in both),
    }
    return render(request, "consent/portal/grants/endings.html", context)


def _wait(rows: Sequence[Ended]) -> None:
    """Wait until they are effective, if that is soon; what fails here the worker does."""
    if not rows or revocations.longest_answer() > PATIENCE:
        return
    try:
        revocations.drain_all(rows)
    except Exception:
        log.exception("%d endings are accepted and could not be confirmed", len(rows))


def _seen(party: Party) -> Q:
    return Q(likeness__in=acting.acted_for(party)) | Q(actor=party.actor)


def _aim(sent: QueryDict, party: Party) -> Aim | None:
    """Return what is meant; `None`: nothing was named. Raises for what is not theirs, and for nobody."""
    likeness = acting.likeness(party, sent.get("likeness", "")) if sent.get("likeness") else None
    if sent.get("party"):
        out = acting.other(sent.get("party", ""))
        if out is None:
            raise exclusions.invalid()
        return Aim(holder=party, likeness=likeness, party=out)
    if sent.get("grant"):
        number = acting.read_id(sent.get("grant", ""))
        if number is None:
            raise grants.missing("/grant")
        return Aim(holder=party, grant=acting.permission(party, number))
    return None if likeness is None else Aim(holder=party, likeness=likeness)


def _before(aim: Aim) -> Withdrawal | None:
    """Return the withdrawal that has ended it already; a page that was open meanwhile leads there."""
    if aim.grant is not None:
        return aim.grant.ended_by
    if aim.likeness is not None and aim.party is None and aim.likeness.state == Likeness.State.WITHDRAWN:
        return Withdrawal.objects.filter(likeness=aim.likeness, scope=Withdrawal.Scope.LIKENESS).first()
    return None


def _ended(request: HttpRequest, aim: Aim) -> HttpResponseBase:
    """End it, and count nothing first: an end waits for no numbers. From the commit on every gate says no."""
    preview.check(aim)
    if aim.party is not None:
        exclusions.withdraw_party(aim.party, likeness=aim.likeness, actor=aim.holder)
        messages.success(request, gettext("They are shut out."))
        return redirect("portal-endings")
    if aim.grant is not None:
        made = revocations.withdraw_grant(aim.grant, actor=aim.holder)
    else:
        assert aim.likeness is not None  # noqa: S101 - `_aim` returns one of the three
        made = revocations.withdraw_likeness(aim.likeness, actor=aim.holder)
    return redirect("portal-ending", withdrawal=made.pk)


def _previewed(found: Any, videos: Videos) -> dict[str, Any]:  # noqa: ANN401 - a Preview, or None where nobody is named
    """Return the numbers by what becomes of them."""
    both = {name: videos.shown.get(name, 0) + videos.under_way.get(name, 0) for name in _CLAUSES}
    return {
        "preview": found,
        "hidden": both["hide"],
        "deleted": both["delete"],
        "kept": both["keep"] + both["keep_with_label"],
        "jobs": videos.jobs,
    }


_CLAUSES: Final = ("hide", "delete", "keep", "keep_with_label")
