"""An entry of the public log that concerns somebody: its files, and how anybody checks them without us."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from consent import evidence
from consent.portal import door
from ledger import keyring, log, receipt, receipts, transparent
from ledger.log import NotYetPublished

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpRequest, HttpResponseBase

    from consent.models import Party


@require_safe
@door.holder
def entry(request: HttpRequest, party: Party, entry: UUID) -> HttpResponseBase:
    """Show it, with the commands that check its files; before it is published, say to come back."""
    found = evidence.concerning(party, entry)
    try:
        log.place(found)
    except NotYetPublished:
        published = False
    else:
        published = True
    context = {
        "entry": found,
        "commitment": found.commit_text,
        "published": published,
        "vkey": keyring.log_vkey(),
        "origin": settings.LEDGER_ORIGIN,
    }
    return render(request, "consent/portal/grants/entry.html", context)


@require_safe
@door.holder
def entry_receipt(request: HttpRequest, party: Party, entry: UUID) -> HttpResponseBase:
    """Hand out the COSE receipt (RFC 9942): the entry is in the log."""
    del request
    data = receipts.receipt(evidence.concerning(party, entry))
    return _attached(data, receipt.MEDIA_TYPE, f"{entry}.receipt")


@require_safe
@door.holder
def entry_statement(request: HttpRequest, party: Party, entry: UUID) -> HttpResponseBase:
    """Hand out the transparent statement (RFC 9943): the entry's bytes, signed, with their receipt."""
    del request
    data = receipts.transparent_statement(evidence.concerning(party, entry))
    return _attached(data, transparent.MEDIA_TYPE, f"{entry}.statement")


@require_safe
@door.holder
def entry_bytes(request: HttpRequest, party: Party, entry: UUID) -> HttpResponseBase:
    """Hand out the leaf as it stands in the log, which the proof and the receipt are about."""
    del request
    return _attached(bytes(evidence.concerning(party, entry).body), "application/octet-stream", f"{entry}.entry")


def _attached(data: bytes, media_type: str, name: str) -> HttpResponse:
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(data, content_type=media_type, headers=headers)
