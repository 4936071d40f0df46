"""Who asks for a permission: the list, one request with all that it would allow, the answers, and the closed doors.

Signing and making smaller are steps of `consent.portal.builder`, which carries the request along: what is signed here
is shown like what one permits without being asked.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from django.contrib import messages
from django.http import QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from consent import ask_letter, ask_refusals, asks, clock
from consent.models import Ask, AskRefusal, Likeness
from consent.portal import acting, builder, door, drafting

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from django.http import HttpRequest, HttpResponseBase
    from django.utils.functional import Promise

    from consent.models import Party

WAITING: Final = 50
ANSWERED: Final = 10
DOORS: Final = 50
SAID: Final[dict[str, tuple[str, str | Promise]]] = {
    Ask.State.OPEN: ("info", _("waits for you")),
    Ask.State.DECLINED: ("bad", _("you said no, and they know")),
    Ask.State.GRANTED: ("good", _("you permitted it")),
    Ask.State.EXPIRED: ("open", _("over")),
}
QUIET: Final = ("bad", _("you said no"))


@require_safe
@door.holder
def ask_list(request: HttpRequest, party: Party) -> HttpResponseBase:
    """List what waits, the latest answers and the closed doors, in a number of queries that no request changes."""
    at, rows = clock.now(), asks.put_to(party)
    waiting = list(rows.filter(asks.waiting(at)).order_by("expires_at", "pk")[: WAITING + 1])
    answered = list(rows.exclude(asks.waiting(at)).order_by("-asked_at", "-pk")[:ANSWERED])
    doors = list(ask_refusals.in_force(party).order_by("-created_at", "-pk")[:DOORS])
    closed = {one.likeness_id for one in doors if one.client_id is None}
    mine = list(acting.acted_for(party).exclude(state=Likeness.State.WITHDRAWN).order_by("name", "pk")[:DOORS])
    context = {
        "waiting": waiting[:WAITING],
        "more": len(waiting) > WAITING,
        "answered": [(one, *said(one, at)) for one in answered],
        "doors": doors,
        "open_to_all": [one for one in mine if one.pk not in closed],
    }
    return render(request, "consent/portal/asks.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@door.holder
def ask_page(request: HttpRequest, party: Party, ask: UUID) -> HttpResponseBase:
    """Show one with the text to sign and what it would allow, or how it ended; take a no. Raises `AskMissing`."""
    row = asks.put_to(party).filter(pk=ask).first()
    if row is None:
        raise asks.missing()
    if request.method == "POST":
        return _answered(request, party, row)
    if row.state != Ask.State.OPEN or row.letter_id is None or clock.now() >= row.expires_at:
        return _ended(request, row)
    sent = QueryDict(mutable=True)
    terms = ask_letter.written(asks.letter_of(row))["terms"]
    sent.update({"likeness": str(row.likeness_id), "ask": str(row.pk), "terms": json.dumps(terms)})
    found = drafting.read(sent, party)
    if request.GET.get("step") == "smaller":
        return builder.form_of(request, found)
    return builder.preview(request, party, found)


@require_POST
@door.holder
def close_door(request: HttpRequest, party: Party) -> HttpResponseBase:
    """Take no more requests about one likeness, from anybody."""
    ask_refusals.refuse(acting.likeness(party, request.POST.get("likeness", "")), None, actor=party)
    messages.success(request, gettext("Nobody can ask you any more. They are not told; their requests reach nobody."))
    return redirect("portal-asks")


@require_POST
@door.holder
def open_door(request: HttpRequest, party: Party, refusal: UUID) -> HttpResponseBase:
    """Open a door again. It permits nothing, so nobody is asked who they are."""
    found = AskRefusal.objects.select_related("likeness").filter(pk=refusal).first()
    if found is None:
        raise ask_refusals.missing()
    ask_refusals.allow(found, actor=party)
    messages.success(request, gettext("They can ask you again."))
    return redirect("portal-asks")


def said(row: Ask, at: datetime) -> tuple[str, str | Promise]:
    """Return the shape and the words for how a request stands, as the person knows it."""
    if row.declined_at is not None and row.state in {Ask.State.OPEN, Ask.State.EXPIRED}:
        return QUIET
    over = row.state == Ask.State.OPEN and at >= row.expires_at
    return SAID[Ask.State.EXPIRED if over else Ask.State(row.state)]


def _answered(request: HttpRequest, party: Party, row: Ask) -> HttpResponseBase:
    """Take one of the closed list of ways to say no."""
    way = request.POST.get("answer", "")
    if way == "never":
        ask_refusals.never_again(row, actor=party)
        messages.success(request, gettext("You said no, and they cannot ask you again. They are not told."))
    elif way in {"no", "tell"}:
        asks.decline(row, tell=way == "tell", actor=party)
        told = gettext("You said no, and they are told."), gettext("You said no. They are not told.")
        messages.success(request, told[way == "no"])
    else:
        return redirect("portal-ask", ask=row.pk)
    return redirect("portal-asks")


def _ended(request: HttpRequest, row: Ask) -> HttpResponseBase:
    try:
        letter = asks.letter_of(row)
    except asks.AskClosed:
        letter = None
    shape, words = said(row, clock.now())
    context = {"ask": row, "letter": letter, "shape": shape, "words": words}
    return render(request, "consent/portal/ask_ended.html", context)
