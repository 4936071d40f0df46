"""The public pages: check a file, and the record of a video. No account, no cookie, no word about anybody."""

from __future__ import annotations

from django.urls import path

from provenance.pages.record import record
from provenance.pages.verify import anchors, time_anchors, verify

urlpatterns = [
    path("verify", verify, name="verify"),
    path("verify/anchors.pem", anchors, name="verify-anchors"),
    path("verify/time-anchors.pem", time_anchors, name="verify-time-anchors"),
    path("v/<uuid:video_id>", record, name="video-record"),
]
