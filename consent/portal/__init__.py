"""The rights holder's pages that show no video: accounts, keys, messages and what is signed.

`/account/…` is the log-in, before and beside a party; `/me/…` is what belongs to a party.
"""

from __future__ import annotations

from django.urls import include, path

from consent.portal import inbox, keys, leaving, overview, set_up

urlpatterns = [
    path("account/", include("consent.portal.accounts")),
    path("me/account", overview.account, name="portal-account"),
    path("me/set-up", set_up.set_up, name="portal-set-up"),
    path("me/set-up/link", set_up.link, name="portal-link"),
    path("me/keys", keys.key_list, name="portal-keys"),
    path("me/keys/join", keys.join, name="portal-key-join"),
    path("me/keys/<str:key_id>/revocation", keys.revoke, name="portal-key-revoke"),
    path("me/entries/<uuid:entry>/proof", keys.proof, name="portal-entry-proof"),
    path("me/messages", inbox.inbox, name="portal-messages"),
    path("me/messages/read", inbox.all_read, name="portal-messages-read"),
    path("me/messages/<uuid:message_id>", inbox.message, name="portal-message"),
    path("me/export", leaving.export_page, name="portal-export"),
    path("me/export/file", leaving.export, name="portal-export-file"),
    path("me/erasure", leaving.erase, name="portal-erase"),
    path("erased/<str:secret>", leaving.erased, name="portal-erased"),
]
