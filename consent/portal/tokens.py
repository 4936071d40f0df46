"""Tokens and apps of one's own account: what programs may act for one, since when, and how to end that."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from django import forms
from django.contrib import messages
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from consent import clock, tokens
from consent.oauth import authorisations
from consent.portal import door, refusal
from consent.portal.scope_words import WORDS
from ledger.problem import Problem

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpRequest, HttpResponseBase

    from consent.models import ApiToken, Party

SHOWN: Final = 100
ENDS: Final = [("30", _("30 days")), ("365", _("1 year")), ("", _("It does not end by itself"))]


class TokenForm(forms.Form):
    """A name, what it is good for, and until when."""

    name = forms.CharField(label=_("Name"), max_length=tokens.MAX_NAME, help_text=_("By which you will know it."))
    scopes = forms.MultipleChoiceField(
        label=_("It may"), choices=list(WORDS.items()), widget=forms.CheckboxSelectMultiple
    )
    days = forms.ChoiceField(label=_("Until"), choices=ENDS, required=False, initial="365", widget=forms.RadioSelect)


@require_safe
@door.holder
def apps(request: HttpRequest, party: Party) -> HttpResponseBase:
    """List the apps that may act for one, and one's tokens: two queries, however many there are."""
    allowed = authorisations.standing_for(party).select_related("client__party").order_by("-created_at")[:SHOWN]
    mine = tokens.listed(party).order_by("-created_at")[:SHOWN]
    context = {
        "allowed": [(one, _said(one.scope)) for one in allowed],
        "tokens": [(one, _said(one.scope)) for one in mine],
    }
    return render(request, "consent/portal/apps.html", context)


@require_POST
@door.holder
def dismiss(request: HttpRequest, party: Party, authorisation: UUID) -> HttpResponseBase:
    """End what an app may do. It asks for nothing more: taking back is easier than giving."""
    authorisations.dismiss(authorisation, actor=party)
    messages.success(request, gettext("The app can do nothing in your name any more."))
    return redirect("portal-apps")


@require_POST
@door.holder
def revoke(request: HttpRequest, party: Party, token: UUID) -> HttpResponseBase:
    """End a token."""
    tokens.revoke(token, actor=party)
    messages.success(request, gettext("The token is good for nothing any more."))
    return redirect("portal-apps")


@require_http_methods(["GET", "POST"])
@door.holder
@door.reauthenticated
def make(request: HttpRequest, party: Party) -> HttpResponseBase:
    """Make a token, and show it this once: in the answer to the form, which nothing stores."""
    form = TokenForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            made, token = _made(party, form)
        except Problem as problem:
            refusal.put(form, problem)
        else:
            return _shown(request, made, token)
    return render(request, "consent/portal/token_new.html", {"form": form}, status=422 if form.is_bound else 200)


@require_POST
@door.holder
@door.reauthenticated
def rotate(request: HttpRequest, party: Party, token: UUID) -> HttpResponseBase:
    """Make a token in another's place, which stays good for a day."""
    return _shown(request, *tokens.rotate(token, actor=party))


def _made(party: Party, form: TokenForm) -> tuple[ApiToken, str]:
    sent = form.cleaned_data
    end = clock.now() + timedelta(days=int(sent["days"])) if sent["days"] else None
    return tokens.make(sent["name"], frozenset(sent["scopes"]), actor=party, expires_at=end)


def _shown(request: HttpRequest, made: ApiToken, token: str) -> HttpResponseBase:
    return render(request, "consent/portal/token_shown.html", {"made": made, "token": token})


def _said(scope: str | None) -> list[object]:
    """Return what a token may do in words; nothing: all that its party may."""
    return [] if scope is None else [WORDS.get(name, name) for name in scope.split()]
