"""A video that was asked for and allowed: its order, and how far it has come."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models
from django.db.models import F, Q


class Video(models.Model):
    """One allowed request. A request that was denied leaves a `consent.Decision`, never a row here.

    `entry` is the ledger entry of the dispatch, `permit.minted`, which the rows of that one verb share; a retry
    replaces it by its own. `job` is the render job that may deliver this video; results of any other are refused.
    """

    class State(models.TextChoices):
        """Where a video is; published, failed and withheld are where it can come to rest."""

        QUEUED = "queued"
        RENDERING = "rendering"
        STAMPING = "stamping"  # delivered; with a Stamp row it is a draft that the depicted may see
        PUBLISHED = "published"
        FAILED = "failed"
        WITHHELD = "withheld"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    client = models.ForeignKey("consent.Party", on_delete=models.PROTECT, related_name="videos")
    prompt = models.TextField()
    purpose = models.CharField(max_length=64)
    model = models.CharField(max_length=100)
    seconds = models.PositiveSmallIntegerField()
    size = models.CharField(max_length=16)  # "1280x720"
    state = models.CharField(max_length=16, choices=State.choices, default=State.QUEUED)
    idempotency_key = models.CharField(max_length=255)  # the client's own, or one that we made
    request_sha256 = models.CharField(max_length=64)  # hex; the same key with another request is refused
    job = models.UUIDField(unique=True)
    path = models.CharField(
        max_length=255, blank=True
    )  # relative to MEDIA_ROOT; "" before the stamp and after deletion
    thumbnail_path = models.CharField(max_length=255, blank=True)  # the same
    file_sha256 = models.CharField(max_length=64, blank=True)  # hex; of the whole stamped file
    error_code = models.CharField(max_length=64, blank=True)  # why it failed or is withheld
    error_detail = models.TextField(blank=True)
    created_at = models.DateTimeField()
    published_at = models.DateTimeField(null=True)  # None: never published
    deleted_at = models.DateTimeField(null=True)  # None: its client has not deleted it
    claimed_until = models.DateTimeField(null=True)  # None: no worker is stamping it; past: one was, and went away
    claims = models.PositiveSmallIntegerField(default=0)  # how often a worker began to stamp what this job delivered
    waits = models.PositiveSmallIntegerField(default=0)  # how often there was no trusted time stamp to be had for it
    erased_at = models.DateTimeField(null=True)  # None: neither its client nor anybody in it was erased
    entry = models.ForeignKey("ledger.Entry", on_delete=models.PROTECT, related_name="+")

    class Meta:
        permissions: ClassVar = [("look_at_video", "Can look, on record, at a video that a case is about")]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["client", "idempotency_key"], name="one_video_for_each_key"),
            models.CheckConstraint(
                name="video_state_is_known",
                condition=Q(state__in=["queued", "rendering", "stamping", "published", "failed", "withheld"]),
            ),
            models.CheckConstraint(
                name="published_means_stamped",
                condition=~Q(state="published")
                | (~Q(path="") & ~Q(file_sha256="") & Q(published_at__isnull=False) & Q(deleted_at__isnull=True)),
            ),
            models.CheckConstraint(
                name="an_end_says_why", condition=~Q(state__in=["failed", "withheld"]) | ~Q(error_code="")
            ),
            models.CheckConstraint(
                name="deleted_means_withheld", condition=Q(deleted_at__isnull=True) | Q(state="withheld")
            ),
            models.CheckConstraint(
                name="blank_means_erased",
                condition=Q(~Q(prompt="") & ~Q(request_sha256=""), erased_at__isnull=True)
                | Q(
                    erased_at__isnull=False,
                    state__in=["failed", "withheld"],
                    prompt="",
                    request_sha256="",
                    error_detail="",
                    path="",
                    thumbnail_path="",
                ),
            ),
            models.CheckConstraint(name="a_video_lasts", condition=Q(seconds__gt=0)),
        ]
        indexes: ClassVar = [
            models.Index(F("client"), F("created_at").desc(), F("id").desc(), name="videos_of_a_client"),
            models.Index(fields=["file_sha256"], name="videos_by_file", condition=~Q(file_sha256="")),
            models.Index(
                fields=["state"], name="videos_under_way", condition=Q(state__in=["queued", "rendering", "stamping"])
            ),
        ]

    def __str__(self) -> str:
        return f"video {self.id} ({self.state})"
