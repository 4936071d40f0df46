"""The rights holder's pages that show videos: the home of a likeness, what was made, and what waits for an answer.

Everything here lies under `/me/` and wants a log-in with a party; what shows no video is in `consent.portal`.
"""

from __future__ import annotations

from django.urls import path

from provenance.portal import approvals, attempts, content, earnings, home, licences, video, videos

urlpatterns = [
    path("me/", home.home, name="portal-home"),
    path("me/videos", videos.video_list, name="portal-videos"),
    path("me/videos/<uuid:video_id>", video.show, name="portal-video"),
    path("me/videos/<uuid:video_id>/content", content.content, name="portal-video-content"),
    path("me/requests", approvals.approval_list, name="portal-approvals"),
    path("me/requests/<uuid:approval_id>", approvals.approval, name="portal-approval"),
    path("me/attempts", attempts.attempt_list, name="portal-attempts"),
    path("me/attempts/<uuid:decision_id>/exclusion", attempts.exclude, name="portal-attempt-exclude"),
    path("me/earnings", earnings.overview, name="portal-statements"),
    path("me/earnings/<str:month>", earnings.month, name="portal-statement"),
    path("me/earnings/<str:month>/file.<str:form>", earnings.file, name="portal-statement-file"),
    path("me/licences", licences.licence_list, name="portal-licences"),
    path("me/licences/<uuid:licence_id>", licences.licence, name="portal-licence"),
    path("me/licences/offers/<uuid:offer_id>", licences.offer, name="portal-licence-offer"),
]
