"""The page of one's account."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.shortcuts import redirect, render

from consent.portal import door

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponseBase

    from consent.models import Party


@door.holder
def account(request: HttpRequest, party: Party) -> HttpResponseBase:
    """Show how one logs in, and where everything about the account is."""
    return render(request, "consent/portal/account.html", {"party": party})


@door.logged_in
def set_up(request: HttpRequest) -> HttpResponseBase:
    """Give the log-in a party."""
    if door.party_of(request) is not None:
        return redirect("portal-account")
    return render(request, "consent/portal/set_up.html")
