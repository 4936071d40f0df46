"""What the faces in a rendered video say about who is in it, and what a person decided where they say too little."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q


class FaceReview(models.Model):
    """One for each stamped video: nothing is published without it. Counts and seconds; no template and no distance."""

    class State(models.TextChoices):
        """Only `clear` and `accepted` let a video be published."""

        CLEAR = "clear"  # nothing that could be compared speaks against the cast
        WAITING = "waiting"  # a person of ours decides, until `due_at`
        ACCEPTED = "accepted"
        REFUSED = "refused"

    video = models.OneToOneField("provenance.Video", on_delete=models.PROTECT, related_name="face_review")
    state = models.CharField(max_length=8, choices=State)
    findings = models.JSONField(
        help_text="What was looked at and found: counts, and seconds of what a person should see."
    )
    due_at = models.DateTimeField(null=True)  # None: nobody had to decide. Past and still waiting: it is withheld
    reason = models.CharField(max_length=16, blank=True)  # the person's; "": nobody decided
    actor = models.CharField(max_length=64, blank=True)
    entry = models.OneToOneField("ledger.Entry", on_delete=models.PROTECT, related_name="+")  # `video.screened`
    # `video.reviewed`; None: nobody decided
    decided_entry = models.OneToOneField("ledger.Entry", null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        permissions: ClassVar = [("review_faces", "Can decide whether a face in a video is one of its cast's")]
        constraints: ClassVar = [
            models.CheckConstraint(
                name="face_review_state_is_known",
                condition=Q(state="clear", due_at=None, decided_entry=None, reason="", actor="")
                | Q(state="waiting", due_at__isnull=False, decided_entry=None, reason="", actor="")
                | Q(state__in=["accepted", "refused"], due_at__isnull=False, decided_entry__isnull=False)
                & ~Q(reason="")
                & ~Q(actor=""),
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["due_at"], name="face_reviews_due", condition=Q(state="waiting"))]

    def __str__(self) -> str:
        return f"faces of video {self.video_id} ({self.state})"
