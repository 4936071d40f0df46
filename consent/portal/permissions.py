"""What one has permitted: the list, one permission with all that became of it, its files, and letting it rest."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from django.conf import settings
from django.contrib import messages
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.dateparse import parse_datetime
from django.utils.translation import get_language, gettext
from django.views.decorators.http import require_POST, require_safe

from consent import exclusions, exporting, grants, suspensions
from consent.api.body import QueryInvalid, read_cursor, write_cursor
from consent.exports import consent_record
from consent.facts import terms_of
from consent.models import Exclusion, Grant, Suspension
from consent.portal import acting, door, summary, timeline
from consent.standing import standing
from consent.stopping import PAUSED
from consent.terms import likenesses_mentioned, parties_mentioned
from consent.wording import LANGUAGES
from consent.wording import render as text_of

if TYPE_CHECKING:
    from uuid import UUID

    from django.db.models import QuerySet
    from django.http import HttpRequest, HttpResponseBase

    from consent.models import Party
    from consent.terms import Terms

PAGE: Final = 25
"""Permissions on a page."""
FILES: Final = ("record", "receipt", "odrl", "credential")


@require_safe
@door.holder
def grant_list(request: HttpRequest, party: Party) -> HttpResponseBase:
    """List them, newest first, in a constant number of queries."""
    rows = _before(acting.permissions(party), request.GET.get("before", ""))
    wanted = acting.read_id(request.GET.get("likeness", ""))
    if wanted is not None:
        rows = rows.filter(likeness=wanted)
    found = list(rows.select_related("likeness").order_by("-created_at", "-pk")[: PAGE + 1])
    more = found[PAGE - 1] if len(found) > PAGE else None
    older = "" if more is None else f"?before={write_cursor(more.created_at.isoformat(), str(more.pk))}"
    if older and wanted is not None:
        older += f"&likeness={wanted}"
    context = {
        "items": _summaries(found[:PAGE]),
        "older": older,
        "newer": "?" if request.GET.get("before") else "",
        "likenesses": list(acting.acted_for(party).order_by("name", "pk")[:PAGE]),
        "chosen": wanted,
    }
    return render(request, "consent/portal/grants/list.html", context)


@require_safe
@door.holder
def permission(request: HttpRequest, party: Party, grant: UUID) -> HttpResponseBase:
    """Show one: its text, how it stands, what was used, what became of it, and everything one can do with it."""
    found = acting.permission(party, grant)
    terms = terms_of(found.terms)
    names = acting.names([] if terms is None else [terms])
    pauses = list(found.suspensions.filter(resumed_at=None)) if found.ended_at is None else []
    context = {
        "grant": found,
        "summary": summary.of(found, terms, standing([found.pk])[found.pk], names),
        "sections": sections(text(terms, names)),
        "uses": [] if terms is None else timeline.used(found, terms, names),
        "events": timeline.of(found),
        "pause": next((one for one in pauses if suspensions.is_pause(one)), None),
        "open": found.ended_at is None and not found.superseded_by_id,
        "own": found.likeness.holder_id == party.pk,
        "signer": found.grantor_id == party.pk,
        "signed": "signed" in request.GET,
        "files": FILES if found.grantor_id == party.pk else (),
    }
    return render(request, "consent/portal/grants/permission.html", context)


@require_safe
@door.holder
def file(request: HttpRequest, party: Party, grant: UUID, kind: str) -> HttpResponseBase:
    """Hand out the permission in another vocabulary."""
    del request
    if kind not in FILES:
        raise grants.missing()
    found = exporting.own(grant, reader=party)
    base = settings.PUBLIC_URL
    if kind == "credential":
        token = exporting.signed_credential(found, reader=party)
        return _attached(token.encode(), "application/vc+jwt", f"{grant}.vc.jwt")
    if kind == "odrl":
        document = exporting.policy(found)
    elif kind == "record":
        document = consent_record.record(exporting.consent(found, reader=party), base=base)
    else:
        document = consent_record.receipt(exporting.consent(found, reader=party), recipient=str(party.pk), base=base)
    data = json.dumps(document, ensure_ascii=False, indent=1).encode()
    return _attached(data, "application/ld+json", f"{grant}.{kind}.jsonld")


@require_POST
@door.holder
def pause(request: HttpRequest, party: Party, grant: UUID) -> HttpResponseBase:
    """Let one permission rest. It asks for nothing more, because it takes away."""
    suspensions.suspend(acting.permission(party, grant), reason=PAUSED, actor=party)
    messages.success(request, gettext("It rests. Nothing is made or shown under it."))
    return redirect("portal-grant", grant=grant)


@require_POST
@door.holder
@door.reauthenticated
def resume(request: HttpRequest, party: Party, suspension: UUID) -> HttpResponseBase:
    """Let it go on: what was paused permits again, so it is asked first who this is."""
    found = Suspension.objects.filter(pk=suspension, likeness__holder=party).first()
    if found is None:
        raise suspensions.missing()
    suspensions.resume(found, actor=party)
    messages.success(request, gettext("It goes on."))
    return redirect("portal-endings") if found.grant_id is None else redirect("portal-grant", grant=found.grant_id)


@require_POST
@door.holder
@door.reauthenticated
def let_in(request: HttpRequest, party: Party, exclusion: UUID) -> HttpResponseBase:
    """Let somebody back in who was shut out."""
    found = Exclusion.objects.filter(pk=exclusion, likeness__holder=party).first()
    if found is None:
        raise exclusions.missing()
    exclusions.lift_exclusion(found, actor=party)
    messages.success(request, gettext("They are back in. What still stands covers them again."))
    return redirect("portal-endings")


def text(terms: Terms | None, names: dict[str, object], language: str = "") -> str:
    """Return the text of terms as they are now; "" for terms that cannot be read. Whoever was erased has no name."""
    if terms is None:
        return ""
    wanted = language or (get_language() or "en")[:2]
    shown = wanted if wanted in LANGUAGES[terms.version] else "en"
    known = {one: summary.name(one, names) for one in (*_mentioned(terms),)}
    return text_of(terms, known, shown)


def sections(whole: str) -> list[tuple[str, list[str]]]:
    """Split a text at its empty lines: each part's first line is its heading."""
    parts = [part.splitlines() for part in whole.strip().split("\n\n") if part.strip()]
    return [(lines[0], lines[1:]) for lines in parts]


def _mentioned(terms: Terms) -> set[str]:
    return {*parties_mentioned(terms), *likenesses_mentioned(terms)}


def _summaries(rows: list[Grant]) -> list[summary.Summary]:
    read = {row.pk: terms_of(row.terms) for row in rows}
    names = acting.names(terms for terms in read.values() if terms is not None)
    now = standing([row.pk for row in rows])
    return [summary.of(row, read[row.pk], now[row.pk], names) for row in rows]


def _before(rows: QuerySet[Grant], cursor: str) -> QuerySet[Grant]:
    if not cursor:
        return rows
    at_text, number = read_cursor(cursor, 2)
    try:
        at, pk = parse_datetime(at_text), acting.read_id(number)
    except ValueError:
        at, pk = None, None
    if at is None or at.tzinfo is None or pk is None:
        raise QueryInvalid("This page is not one of ours.", pointer="before", remedy="Begin with the newest.")
    return rows.filter(Q(created_at__lt=at) | Q(created_at=at, pk__lt=pk))


def _attached(data: bytes, media_type: str, name: str) -> HttpResponse:
    return HttpResponse(
        data, content_type=media_type, headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )
