"""What the palette finds: cases by their number, videos by their id, parties by their handle. A page, or JSON.

Nothing is found by a part of a name: who looks must know what they look for, and a handle is found whole.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final
from uuid import UUID

from django.db.models import Q
from django.http import JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

from consent.models import Case, Notice, Party
from consent.portal.door import staff_page
from consent.takedown.cases import WORK
from provenance.models import Video

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponseBase

    from consent.staff import Staff

MOST: Final = 8
NUMBER: Final = re.compile(r"[TN]-?[0-9A-HJKMNP-TV-Z-]{2,12}", re.ASCII)
HANDLE: Final = re.compile(r"[a-z0-9-]{1,39}", re.ASCII)

type Hit = dict[str, str]


@require_safe
@staff_page(may=WORK)
def find(request: HttpRequest, actor: Staff) -> HttpResponseBase:
    """Answer with what is found: JSON for the palette, else a page with the same."""
    del actor
    asked = request.GET.get("q", "").strip()[:64]
    hits = found(asked)
    if request.headers.get("Accept", "").startswith("application/json"):
        return JsonResponse({"found": hits})
    return render(request, "provenance/console/find.html", {"asked": asked, "found": hits})


def found(asked: str) -> list[Hit]:
    """Return at most `MOST` of each sort; at most two statements for any one text."""
    as_id, upper = _id(asked), asked.upper()
    if as_id is not None:
        return _cases(Q(pk=as_id) | Q(video=as_id)) + _videos(as_id) + _parties(Q(pk=as_id))
    if NUMBER.fullmatch(upper):
        by_notice = Notice.objects.filter(number__startswith=upper).values("case")
        return _cases(Q(number__startswith=upper) | Q(pk__in=by_notice))
    return _parties(Q(handle=asked)) if HANDLE.fullmatch(asked) else []


def _cases(which: Q) -> list[Hit]:
    rows = Case.objects.filter(which).order_by("-opened_at")[:MOST]
    hint, name = gettext("Case"), "console-case"
    return [{"label": row.number, "hint": hint, "url": reverse(name, args=[row.number])} for row in rows]


def _videos(pk: UUID) -> list[Hit]:
    rows = Video.objects.filter(pk=pk)
    url = reverse("video-record", args=[pk])
    return [{"label": str(row.pk), "hint": gettext("Video"), "url": url} for row in rows]


def _parties(which: Q) -> list[Hit]:
    rows = Party.objects.filter(which, erased_at=None)[:MOST]
    url = "admin:consent_party_change"
    return [{"label": row.handle, "hint": gettext("Party"), "url": reverse(url, args=[row.pk])} for row in rows]


def _id(asked: str) -> UUID | None:
    try:
        return UUID(asked)
    except ValueError:
        return None
