"""What one cause did to one video: the lines of the report of a withdrawal, a revocation or a block."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q


class Stop(models.Model):
    """One video that one cause concerned, written by the cascade. `entry` is that of the cause.

    It tells what was done, and stops nothing: the gates ask for the cause itself, and are ahead of it.
    """

    class Outcome(models.TextChoices):
        """What became of the video."""

        WITHHELD = "withheld"  # it was shown, or would have been
        KEPT = "kept"  # it was published, and the person's own clause keeps it
        BLOCKED = "blocked"  # hidden for as long as the block stands

    video = models.ForeignKey("provenance.Video", on_delete=models.PROTECT, related_name="stops")
    outcome = models.CharField(max_length=8, choices=Outcome.choices)
    entry = models.ForeignKey("ledger.Entry", on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["entry", "video"], name="one_stop_of_a_video_for_each_cause"),
            models.CheckConstraint(
                name="stop_outcome_is_known", condition=Q(outcome__in=["withheld", "kept", "blocked"])
            ),
        ]

    def __str__(self) -> str:
        return f"video {self.video_id}: {self.outcome}"
