"""The back office: videos to be read, never to be changed by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest

from provenance.models import (
    Appearance,
    CopyReview,
    FaceReview,
    Fingerprint,
    Lineage,
    Reservation,
    RevokedSigner,
    Stamp,
    Stop,
    Video,
)

if TYPE_CHECKING:
    Admin = admin.ModelAdmin[Any]
else:
    Admin = admin.ModelAdmin  # generic only in the stubs


class ReadOnly(Admin):
    """Every change is a verb with its ledger entry; so the admin has none."""

    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002 - Django's signature
        """Refuse to everybody."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:  # noqa: ARG002 - the same
        """Refuse to everybody."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:  # noqa: ARG002 - the same
        """Refuse to everybody."""
        return False


@admin.register(Video)
class VideoAdmin(ReadOnly):
    """Videos, without their prompts in the list: those may name people."""

    list_display = ("id", "client", "state", "purpose", "created_at", "published_at", "error_code")
    list_filter = ("state", "purpose")
    list_select_related = ("client",)
    search_fields = ("=id", "=job")


@admin.register(Appearance)
class AppearanceAdmin(ReadOnly):
    """Who is depicted where."""

    list_display = ("video_id", "likeness_id", "grant_id", "epoch")
    search_fields = ("=video__id", "=likeness__id", "=grant__id")


@admin.register(Lineage)
class LineageAdmin(ReadOnly):
    """What was made from what."""

    list_display = ("child_id", "parent_id", "relationship")
    search_fields = ("=child__id", "=parent__id")


@admin.register(Stamp)
class StampAdmin(ReadOnly):
    """Signed manifests."""

    list_display = ("video_id", "manifest_label", "file_sha256")
    search_fields = ("=video__id", "manifest_label")


@admin.register(Fingerprint)
class FingerprintAdmin(ReadOnly):
    """By what copies of a video are found."""

    list_display = ("video_id", "kind", "start_ms", "end_ms", "mirrored", "telling")
    search_fields = ("=video__id",)


@admin.register(FaceReview)
class FaceReviewAdmin(ReadOnly):
    """What the faces in videos say, and what waits for a person."""

    list_display = ("video_id", "state", "due_at", "reason")
    list_filter = ("state",)
    search_fields = ("=video__id",)


@admin.register(RevokedSigner)
class RevokedSignerAdmin(ReadOnly):
    """Certificates of ours whose signatures count no longer, and those that wait for a second person."""

    list_display = ("serial", "since", "proposed_by", "approved_by")
    search_fields = ("=serial",)


@admin.register(Reservation)
class ReservationAdmin(ReadOnly):
    """Videos that their clients keep from the remixes of others."""

    list_display = ("video_id", "created_at", "lifted_at")
    search_fields = ("=video__id",)


@admin.register(Stop)
class StopAdmin(ReadOnly):
    """What a withdrawal or a block did to videos."""

    list_display = ("video_id", "outcome", "entry_id")
    list_filter = ("outcome",)
    search_fields = ("=video__id",)


@admin.register(CopyReview)
class CopyReviewAdmin(ReadOnly):
    """Drafts that are like a video which has to stay down."""

    list_display = ("video_id", "block_id", "state", "certain", "due_at")
    list_filter = ("state", "certain")
    search_fields = ("=video__id",)
