"""The rights holder's pages that show no video: accounts, keys, messages and what is signed.

`/account/…` is the log-in, before and beside a party; `/me/…` is what belongs to a party.
"""

from __future__ import annotations

from django.urls import include, path

from consent.portal import overview

urlpatterns = [
    path("account/", include("consent.portal.accounts")),
    path("me/account", overview.account, name="portal-account"),
    path("me/set-up", overview.set_up, name="portal-set-up"),
]
