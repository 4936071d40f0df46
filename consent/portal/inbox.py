"""What one was told: the list, newest first, and one message, which opening it marks read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from django.db.models import Q
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.dateparse import parse_datetime
from django.views.decorators.http import require_POST, require_safe

from consent import clock
from consent import messages as told
from consent.api.body import QueryInvalid, read_cursor, write_cursor
from consent.api.body import Uuid as _Uuid
from consent.models import Message
from consent.portal import door

if TYPE_CHECKING:
    from uuid import UUID

    from django.db.models import QuerySet
    from django.http import HttpRequest, HttpResponseBase

    from consent.models import Party

PAGE: Final = 25
"""Messages on a page."""


def unread(party: Party) -> int:
    """Count what the party has not read: one query, for the navigation."""
    return Message.objects.filter(party=party, read_at=None).count()


@require_safe
@door.holder
def inbox(request: HttpRequest, party: Party) -> HttpResponseBase:
    """List one page of them, in a constant number of queries."""
    rows = _before(Message.objects.filter(party=party), request.GET.get("before", ""))
    found = list(rows.defer("text").order_by("-created_at", "-pk")[: PAGE + 1])
    more = found[PAGE - 1] if len(found) > PAGE else None
    older = "" if more is None else f"?before={write_cursor(more.created_at.isoformat(), str(more.pk))}"
    newest = reverse("portal-messages") if request.GET.get("before") else ""
    shown = {"messages_told": found[:PAGE], "older": older, "newer": newest, "unread": unread(party)}
    return render(request, "consent/portal/messages.html", shown)


@require_safe
@door.holder
def message(request: HttpRequest, party: Party, message_id: UUID) -> HttpResponseBase:
    """Show one, and note that it was read. Absent and somebody else's are one answer."""
    row = told.mark_read(message_id, actor=party)
    entry = row.entry.commit_text
    return render(request, "consent/portal/message.html", {"message": row, "commitment": entry})


@require_POST
@door.holder
def all_read(request: HttpRequest, party: Party) -> HttpResponseBase:
    """Note that everything up to now was read."""
    del request
    Message.objects.filter(party=party, read_at=None).update(read_at=clock.now())
    return redirect("portal-messages")


def _before(rows: QuerySet[Message], cursor: str) -> QuerySet[Message]:
    if not cursor:
        return rows
    at_text, pk = read_cursor(cursor, 2)
    try:
        at = parse_datetime(at_text)
        number = _Uuid().to_internal_value(pk)
    except Exception as error:  # whatever a stranger put there
        raise _not_ours() from error
    if at is None or at.tzinfo is None:
        raise _not_ours()
    return rows.filter(Q(created_at__lt=at) | Q(created_at=at, pk__lt=number))


def _not_ours() -> QueryInvalid:
    return QueryInvalid("This page is not one of ours.", pointer="before", remedy="Begin with the newest.")
