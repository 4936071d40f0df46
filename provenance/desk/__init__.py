"""The takedown desk: notices without an account, what became of them, and the other side's answer.

Whoever has a secret link is who it was given to, so these forms carry no token against forgery: there is nothing to
forge without the link. docs/design/desk.md says why.
"""

from __future__ import annotations

from django.urls import path

from provenance.desk.answering import answer, appeal_by_uploader
from provenance.desk.following import add_evidence, appeal, receipt, status, withdraw
from provenance.desk.writing import begin, change, draft, review, send

urlpatterns = [
    path("takedown", begin, name="takedown"),
    path("takedown/draft/<str:secret>/review/", review, name="takedown-review"),
    path("takedown/draft/<str:secret>/send/", send, name="takedown-send"),
    path("takedown/draft/<str:secret>/<slug:step>/", draft, name="takedown-draft"),
    path("takedown/status/<str:secret>/", status, name="takedown-status"),
    path("takedown/status/<str:secret>/change/<slug:step>/", change, name="takedown-change"),
    path("takedown/status/<str:secret>/evidence/", add_evidence, name="takedown-evidence"),
    path("takedown/status/<str:secret>/withdraw/", withdraw, name="takedown-withdraw"),
    path("takedown/status/<str:secret>/appeal/", appeal, name="takedown-appeal"),
    path("takedown/status/<str:secret>/receipt/", receipt, name="takedown-receipt"),
    path("takedown/case/<str:number>/", answer, name="takedown-case"),
    path("takedown/case/<str:number>/appeal/", appeal_by_uploader, name="takedown-case-appeal"),
]
