"""Second looks: decisions that were drawn, and what somebody else decided who did not know the first."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import F, Q


class QualitySample(models.Model):
    """One decision that was drawn. The second look changes nothing of the first: it measures."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    assignment = models.OneToOneField("consent.Assignment", on_delete=models.PROTECT, related_name="sample")
    queue = models.CharField(max_length=40)
    item = models.UUIDField()
    lane = models.CharField(max_length=24, blank=True)
    decision = models.CharField(max_length=32)
    decided_by = models.CharField(max_length=64)
    seed = models.CharField(max_length=64, help_text="With it the draw can be repeated.")
    drawn_at = models.DateTimeField()
    due_at = models.DateTimeField()
    entry = models.OneToOneField("ledger.Entry", on_delete=models.PROTECT, related_name="+")
    second = models.CharField(max_length=32, blank=True)  # "": nobody has looked again
    looked_by = models.CharField(max_length=64, blank=True)
    looked_at = models.DateTimeField(null=True, blank=True)
    looked_entry = models.OneToOneField(
        "ledger.Entry", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        """Another person, and the database's word for it too."""

        permissions = (
            ("look_again", "Can look again at decisions that were drawn for it"),
            ("see_quality", "Can see how often second looks agree"),
        )
        constraints = (
            models.CheckConstraint(condition=~Q(looked_by=F("decided_by")), name="qualitysample_by_another"),
            models.CheckConstraint(
                condition=Q(second="", looked_by="", looked_at=None, looked_entry=None)
                | (Q(looked_at__isnull=False, looked_entry__isnull=False) & ~Q(second="") & ~Q(looked_by="")),
                name="qualitysample_looked_with_entry",
            ),
        )
        indexes = (
            models.Index(fields=["due_at", "id"], condition=Q(looked_at=None), name="qualitysample_queue"),
            models.Index(fields=["lane", "drawn_at"], name="qualitysample_by_lane"),
        )

    def __str__(self) -> str:
        """Say of what, and not what was decided."""
        return f"second look at {self.queue} {self.item}"
