"""The rights holder's pages that show no video: accounts, keys, messages and what is signed.

`/account/…` is the log-in, before and beside a party; `/me/…` is what belongs to a party.
"""

from __future__ import annotations

from django.urls import include, path

from consent.portal import (
    asks,
    builder,
    endings,
    enrol,
    inbox,
    keys,
    leaving,
    likenesses,
    overview,
    permissions,
    proofs,
    set_up,
    tokens,
    undoing,
)

urlpatterns = [
    path("account/", include("consent.portal.accounts")),
    path("me/account", overview.account, name="portal-account"),
    path("me/set-up", set_up.set_up, name="portal-set-up"),
    path("me/set-up/link", set_up.link, name="portal-link"),
    path("me/keys", keys.key_list, name="portal-keys"),
    path("me/keys/join", keys.join, name="portal-key-join"),
    path("me/keys/<str:key_id>/revocation", keys.revoke, name="portal-key-revoke"),
    path("me/apps", tokens.apps, name="portal-apps"),
    path("me/apps/<uuid:authorisation>/end", tokens.dismiss, name="portal-app-dismiss"),
    path("me/tokens/new", tokens.make, name="portal-token-new"),
    path("me/tokens/<uuid:token>/end", tokens.revoke, name="portal-token-revoke"),
    path("me/tokens/<uuid:token>/replacement", tokens.rotate, name="portal-token-rotate"),
    path("me/undo", undoing.undo_page, name="portal-undo"),
    path("me/entries/<uuid:entry>", proofs.entry, name="portal-entry"),
    path("me/entries/<uuid:entry>/bytes", proofs.entry_bytes, name="portal-entry-bytes"),
    path("me/entries/<uuid:entry>/receipt", proofs.entry_receipt, name="portal-entry-receipt"),
    path("me/entries/<uuid:entry>/statement", proofs.entry_statement, name="portal-entry-statement"),
    path("me/entries/<uuid:entry>/proof", keys.proof, name="portal-entry-proof"),
    path("me/asks", asks.ask_list, name="portal-asks"),
    path("me/asks/doors", asks.close_door, name="portal-ask-doors"),
    path("me/asks/doors/<uuid:refusal>/open", asks.open_door, name="portal-ask-door"),
    path("me/asks/<uuid:ask>", asks.ask_page, name="portal-ask"),
    path("me/permissions", permissions.grant_list, name="portal-grants"),
    path("me/permissions/new", builder.start, name="portal-grant-new"),
    path("me/permissions/new/<slug:template>", builder.fill, name="portal-grant-fill"),
    path("me/permissions/draft", builder.draft, name="portal-grant-draft"),
    path("me/permissions/<uuid:grant>/change", builder.change, name="portal-grant-change"),
    path("me/permissions/<uuid:grant>", permissions.permission, name="portal-grant"),
    path("me/permissions/<uuid:grant>/pause", permissions.pause, name="portal-grant-pause"),
    path("me/permissions/<uuid:grant>/files/<slug:kind>", permissions.file, name="portal-grant-file"),
    path("me/pauses/<uuid:suspension>/end", permissions.resume, name="portal-resume"),
    path("me/exclusions/<uuid:exclusion>/end", permissions.let_in, name="portal-let-in"),
    path("me/endings", endings.endings, name="portal-endings"),
    path("me/endings/<uuid:withdrawal>", endings.ending, name="portal-ending"),
    path("me/messages", inbox.inbox, name="portal-messages"),
    path("me/messages/read", inbox.all_read, name="portal-messages-read"),
    path("me/messages/<uuid:message_id>", inbox.message, name="portal-message"),
    path("me/likenesses", likenesses.likeness_list, name="portal-likenesses"),
    path("me/likenesses/new", likenesses.register, name="portal-likeness-register"),
    path("me/likenesses/<uuid:likeness>", likenesses.show, name="portal-likeness"),
    path("me/likenesses/<uuid:likeness>/enrolment", enrol.begin, name="portal-enrol"),
    path("me/enrolments/<uuid:session>", enrol.session_page, name="portal-enrolment"),
    path("me/export", leaving.export_page, name="portal-export"),
    path("me/export/file", leaving.export, name="portal-export-file"),
    path("me/erasure", leaving.erase, name="portal-erase"),
    path("erased/<str:secret>", leaving.erased, name="portal-erased"),
]
