"""Take everything with one, or have it erased: the export, the preview, the erasure and its receipt."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from django import forms
from django.contrib.auth import logout
from django.http import StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from consent import erasure, erasure_receipts, evidence
from consent.portal import door, refusal
from ledger.problem import Problem

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponseBase

    from consent.models import Party


class EraseForm(forms.Form):
    """That it is meant."""

    handle = forms.CharField(
        label=_("Type your handle"),
        max_length=39,
        help_text=_("So that nobody erases an account by a slip."),
        widget=forms.TextInput(attrs={"autocapitalize": "none", "autocomplete": "off"}),
    )
    confirm = forms.CharField(widget=forms.HiddenInput, max_length=2000)


@require_safe
@door.holder
def export_page(request: HttpRequest, party: Party) -> HttpResponseBase:
    """Say what the export holds."""
    del party
    return render(request, "consent/portal/export.html")


@require_POST
@door.holder
@door.reauthenticated
def export(request: HttpRequest, party: Party) -> HttpResponseBase:
    """Hand out everything that the party did, with its proofs: the bundle of `GET /v1/export`."""
    del request
    bundle = evidence.export(party)  # raises while the newest act is in no checkpoint, before anything is sent
    answer = StreamingHttpResponse(json.JSONEncoder().iterencode(bundle), content_type="application/json")
    answer["Content-Disposition"] = 'attachment; filename="countenance-export.json"'
    return answer


@require_http_methods(["GET", "POST"])
@door.holder
@door.reauthenticated
def erase(request: HttpRequest, party: Party) -> HttpResponseBase:
    """Show what would be destroyed; on the second word destroy it, and lead to the receipt."""
    form = EraseForm(request.POST) if request.method == "POST" else None
    if form is not None and form.is_valid():
        if form.cleaned_data["handle"] == party.handle:
            try:
                secret = erasure_receipts.erase(party, form.cleaned_data["confirm"], actor=party)
            except Problem as problem:
                refusal.put(form, problem)
            else:
                logout(request)
                return redirect("portal-erased", secret=secret)
        else:
            form.add_error("handle", gettext("This is not your handle."))
    return _previewed(request, party, form)


@require_safe
@never_cache
def erased(request: HttpRequest, secret: str) -> HttpResponseBase:
    """Show the receipt to whoever has the link: what went, what stays and why, and when the last back-up is gone."""
    answer = render(
        request,
        "consent/portal/erased.html",
        {"receipt": erasure_receipts.shown(secret), "remains": erasure.REMAINS},
    )
    answer["Referrer-Policy"] = "no-referrer"
    answer["X-Robots-Tag"] = "noindex"
    return answer


def _previewed(request: HttpRequest, party: Party, form: EraseForm | None) -> HttpResponseBase:
    """Show the preview of now; what was typed stays, the confirmation is made anew."""
    found = erasure.preview(party, actor=party)
    fresh = EraseForm(initial={"confirm": found.confirm})
    if form is not None:
        fresh = EraseForm({"handle": form.data.get("handle", ""), "confirm": found.confirm})
        fresh.is_valid()
        for name, wrong in form.errors.items():
            known = name if name in fresh.fields and name != "confirm" else None
            if known not in fresh.errors:
                fresh.add_error(known, list(wrong))
    context = {"form": fresh, "preview": found, "remains": erasure.REMAINS, "party": party}
    return render(request, "consent/portal/erase.html", context, status=200 if form is None else 422)
