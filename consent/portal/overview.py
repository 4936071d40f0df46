"""The page of one's account: how one logs in, what signs, what one was told, and the way out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from allauth.mfa.models import Authenticator
from django.shortcuts import render
from django.views.decorators.http import require_safe

from consent.portal import door, inbox

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponseBase

    from consent.models import Party


@require_safe
@door.holder
def account(request: HttpRequest, party: Party) -> HttpResponseBase:
    """Show how one logs in, and where everything about the account is."""
    kinds = set(Authenticator.objects.filter(user_id=request.user.pk).values_list("type", flat=True))
    context = {
        "party": party,
        "unread": inbox.unread(party),
        "keys": party.keys.filter(revoked_at=None).count(),
        "recovery": Authenticator.Type.RECOVERY_CODES in kinds,
    }
    return render(request, "consent/portal/account.html", context)
