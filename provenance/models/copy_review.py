"""A stamped draft that is like a video under an order to stay down, and what a person decided about it."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q


class CopyReview(models.Model):
    """One for each draft and each block whose video it is like: it is not published before somebody says it may be.

    It counts for as long as its block stands, and for that block alone: another case is another row.
    """

    class State(models.TextChoices):
        """Only `accepted` lets the draft be published while the block stands."""

        WAITING = "waiting"  # a person of ours decides, until `due_at`; silence is a no
        ACCEPTED = "accepted"
        REFUSED = "refused"

    video = models.ForeignKey("provenance.Video", on_delete=models.PROTECT, related_name="copy_reviews")
    block = models.ForeignKey("consent.Block", on_delete=models.PROTECT, related_name="copy_reviews")
    state = models.CharField(max_length=8, choices=State, default=State.WAITING)
    certain = models.BooleanField()  # as near as a copy is; else only near
    stretches = models.JSONField(help_text="Which seconds are alike: of the draft, and of the blocked video.")
    due_at = models.DateTimeField()
    reason = models.CharField(max_length=16, blank=True)  # the person's; "": nobody decided
    actor = models.CharField(max_length=64, blank=True)
    entry = models.OneToOneField("ledger.Entry", on_delete=models.PROTECT, related_name="+")  # `copy.found`
    # `copy.reviewed`; None: nobody decided
    decided_entry = models.OneToOneField("ledger.Entry", null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        permissions: ClassVar = [("review_copies", "Can decide whether a video is a copy of a blocked one")]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["video", "block"], name="one_copy_review_for_each_block"),
            models.CheckConstraint(
                name="copy_review_state_is_known",
                condition=Q(state="waiting", decided_entry=None, reason="", actor="")
                | Q(state__in=["accepted", "refused"], decided_entry__isnull=False) & ~Q(reason="") & ~Q(actor=""),
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["due_at"], name="copy_reviews_due", condition=Q(state="waiting"))]

    def __str__(self) -> str:
        return f"video {self.video_id} against block {self.block_id} ({self.state})"
