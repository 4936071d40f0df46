"""Undo what was done in one's name since a moment: see what that is, and sign with a passkey that was in use then."""

from __future__ import annotations

import json
from datetime import UTC
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import messages
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from consent import undo, webauthn
from consent.portal import door, refusal, signing
from ledger import canonical
from ledger.problem import Problem

if TYPE_CHECKING:
    from datetime import datetime

    from django.http import HttpRequest, HttpResponseBase

    from consent.models import Party
    from consent.portal.signing import Passkey
    from consent.undo import Undone


class SinceForm(forms.Form):
    """Since when."""

    since = forms.DateTimeField(
        label=_("Since when (UTC)"),
        help_text=_("The last moment at which you were sure that only you had your keys, at most 90 days ago."),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local", "step": "1"}, format="%Y-%m-%dT%H:%M:%S"),
    )


@require_http_methods(["GET", "POST"])
@door.holder
def undo_page(request: HttpRequest, party: Party) -> HttpResponseBase:
    """Ask for the moment, show what would be undone, and undo what was signed."""
    if request.method != "POST":
        return render(request, "consent/portal/grants/undo.html", {"form": SinceForm()})
    form = SinceForm(request.POST)
    if not form.is_valid():
        return render(request, "consent/portal/grants/undo.html", {"form": form}, status=422)
    since = form.cleaned_data["since"].astimezone(UTC).replace(microsecond=0)
    try:
        if "evidence" in request.POST:
            return _undone(request, party)
        return _previewed(request, party, form, since)
    except Problem as problem:
        refusal.put(form, problem)
        return render(request, "consent/portal/grants/undo.html", {"form": form}, status=422)


def _undone(request: HttpRequest, party: Party) -> HttpResponseBase:
    document = _document(request.POST.get("document", ""))
    done = undo.undo_since(document, signing.evidence(request.POST.get("evidence")), actor=party)
    number = len(done.grants) + len(done.keys) + len(done.exclusions) + len(done.suspensions)
    messages.success(request, gettext("Undone: {number} acts.").format(number=number))
    return redirect("portal-endings")


def _previewed(request: HttpRequest, party: Party, form: SinceForm, since: datetime) -> HttpResponseBase:
    found: Undone = undo.preview(since, actor=party)
    passkeys = _signers_then(party, since)
    context: dict[str, Any] = {"form": form, "found": found, "since": since, "signer": None, "problem": None}
    if passkeys:
        document = undo.document(since, key=passkeys[0].key_id, actor=party)
        asked = signing.asked(passkeys[0], canonical.digest("undo", document))
        context |= {"signer": passkeys[0], "document": json.dumps(document), "asked": asked}
    return render(request, "consent/portal/grants/undo.html", context)


def _signers_then(party: Party, since: datetime) -> list[Passkey]:
    """Return the log-in's passkeys that were keys of the party then, also those that were taken out of use since."""
    if party.user is None:
        return []
    rows = party.keys.filter(algorithm=webauthn.ALGORITHM, created_at__lt=since, erased_at=None)
    then = {row.key_id for row in rows if row.revoked_at is None or row.revoked_at >= since}
    return [found for found in signing.of_user(party.user) if found.key_id in then]


def _document(posted: str) -> dict[str, str]:
    """Return the document of the preview, read as strictly as what is signed. Raises `UndoRefused`."""
    try:
        found = canonical.parse(posted.encode(), limit=2048)
    except (canonical.MalformedJson, UnicodeEncodeError) as error:
        raise _not_ours() from error
    if not all(isinstance(value, str) for value in found.values()):
        raise _not_ours()
    return {name: str(value) for name, value in found.items()}


def _not_ours() -> undo.UndoRefused:
    remedy = gettext("Name the moment again.")
    return undo.UndoRefused(gettext("This is not the document that this page gave."), pointer="/since", remedy=remedy)
