"""The door for machines: the routes of the videos, in the shape that clients of /v1/videos know."""

from __future__ import annotations

from django.urls import path

from provenance.api.appearances import AppearanceList
from provenance.api.characters import CharacterDetail, CharacterList
from provenance.api.claim_revocations import ClaimRevocationList
from provenance.api.content import VideoContent, VideoStatus
from provenance.api.contributions import VideoContributions, VideoReuse
from provenance.api.edits import VideoEdits, VideoExtensions
from provenance.api.labels import VideoLabels
from provenance.api.matches import Algorithms, ManifestDetail, MatchesByBinding, MatchesByContent
from provenance.api.notices import (
    CaseAppeal,
    CaseCounterNotice,
    CaseDetail,
    CaseList,
    NoticeAppeal,
    NoticeDetail,
    NoticeList,
)
from provenance.api.previews import WithdrawalPreview
from provenance.api.reports import WithdrawalReportView
from provenance.api.stamps import VideoManifest, VideoReceipt
from provenance.api.verifications import VerificationList
from provenance.api.videos import VideoDetail, VideoList, VideoRemix, VideoRetry

urlpatterns = [
    path("videos", VideoList.as_view(), name="videos"),
    path("videos/characters", CharacterList.as_view(), name="video-characters"),
    path("videos/characters/<uuid:character>", CharacterDetail.as_view(), name="video-character"),
    path("videos/edits", VideoEdits.as_view(), name="video-edits"),
    path("videos/extensions", VideoExtensions.as_view(), name="video-extensions"),
    path("videos/<uuid:video_id>", VideoDetail.as_view(), name="video"),
    path("videos/<uuid:video_id>/content", VideoContent.as_view(), name="video-content"),
    path("videos/<uuid:video_id>/labels", VideoLabels.as_view(), name="video-labels"),
    path("videos/<uuid:video_id>/manifest", VideoManifest.as_view(), name="video-manifest"),
    path("videos/<uuid:video_id>/receipt", VideoReceipt.as_view(), name="video-receipt"),
    path("videos/<uuid:video_id>/remix", VideoRemix.as_view(), name="video-remix"),
    path("videos/<uuid:video_id>/retry", VideoRetry.as_view(), name="video-retry"),
    path("videos/<uuid:video_id>/status", VideoStatus.as_view(), name="video-status"),
    path("videos/<uuid:video_id>/contributions", VideoContributions.as_view(), name="video-contributions"),
    path("videos/<uuid:video_id>/reuse", VideoReuse.as_view(), name="video-reuse"),
    path("appearances", AppearanceList.as_view(), name="appearances"),
    path("notices", NoticeList.as_view(), name="notices"),
    path("notices/<uuid:notice>", NoticeDetail.as_view(), name="notice"),
    path("notices/<uuid:notice>/appeal", NoticeAppeal.as_view(), name="notice-appeal"),
    path("cases", CaseList.as_view(), name="cases"),
    path("cases/<str:number>", CaseDetail.as_view(), name="case"),
    path("cases/<str:number>/counter-notice", CaseCounterNotice.as_view(), name="case-counter-notice"),
    path("cases/<str:number>/appeal", CaseAppeal.as_view(), name="case-appeal"),
    path("withdrawals/preview", WithdrawalPreview.as_view(), name="withdrawal-preview"),
    path("claim-revocations", ClaimRevocationList.as_view(), name="claim-revocations"),
    path("matches/byContent", MatchesByContent.as_view(), name="matches-by-content"),
    path("matches/byBinding", MatchesByBinding.as_view(), name="matches-by-binding"),
    path("manifests/<str:manifest_id>", ManifestDetail.as_view(), name="manifest"),
    path("services/supportedAlgorithms", Algorithms.as_view(), name="supported-algorithms"),
    path("withdrawals/<uuid:withdrawal>/report", WithdrawalReportView.as_view(), name="withdrawal-report"),
    path("verifications", VerificationList.as_view(), name="verifications"),
]
