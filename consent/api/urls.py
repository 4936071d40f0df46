"""The routes of consent, mounted under `/v1/`."""

from django.urls import path

from consent.api import (
    challenges,
    decisions,
    erasure,
    evidence,
    grants,
    keys,
    likenesses,
    messages,
    parties,
    permits,
    withdrawals,
)

urlpatterns = [
    path("parties", parties.PartiesView.as_view(), name="parties"),
    path("parties/me", parties.MeView.as_view(), name="party-me"),
    path("parties/me/erasure", erasure.ErasureView.as_view(), name="party-erasure"),
    path("parties/me/keys", keys.KeysView.as_view(), name="party-keys"),
    path("parties/me/keys/<str:key_id>", keys.KeyView.as_view(), name="party-key"),
    path("parties/me/keys/<str:key_id>/rotation", keys.RotationView.as_view(), name="party-key-rotation"),
    path("parties/me/messages", messages.MessagesView.as_view(), name="party-messages"),
    path("parties/me/messages/<uuid:message>/read", messages.ReadView.as_view(), name="party-message-read"),
    path("challenges", challenges.ChallengesView.as_view(), name="challenges"),
    path("likenesses", likenesses.LikenessesView.as_view(), name="likenesses"),
    path("likenesses/<uuid:likeness>", likenesses.LikenessView.as_view(), name="likeness"),
    path("likenesses/<uuid:likeness>/enrolments", likenesses.EnrolmentsView.as_view(), name="enrolments"),
    path("grants", grants.GrantsView.as_view(), name="grants"),
    path("grants/draft", grants.DraftView.as_view(), name="grant-draft"),
    path("grants/<uuid:grant>", grants.GrantView.as_view(), name="grant"),
    path("withdrawals", withdrawals.WithdrawalsView.as_view(), name="withdrawals"),
    path("withdrawals/<uuid:withdrawal>", withdrawals.WithdrawalView.as_view(), name="withdrawal"),
    path("decisions", decisions.DecisionsView.as_view(), name="decisions"),
    path("attempts", decisions.AttemptsView.as_view(), name="attempts"),
    path("permits/redeem", permits.RedeemView.as_view(), name="permit-redeem"),
    path("export", evidence.ExportView.as_view(), name="export"),
    path("entries/<uuid:entry>/proof", evidence.ProofView.as_view(), name="entry-proof"),
    path("entries/<uuid:entry>/receipt", evidence.ReceiptView.as_view(), name="entry-receipt"),
    path("entries/<uuid:entry>/statement", evidence.StatementView.as_view(), name="entry-statement"),
]
