"""Breaches: a clock that ran out. An alarm is a row, so that none passes in silence."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now


class Breach(models.Model):
    """One time that was missed: of a case, of an appeal in it, or of a video that was due back.

    The row stays when somebody acts at last: that it was late stays true.
    """

    class Kind(models.TextChoices):
        """Which clock."""

        CASE = "case"
        APPEAL = "appeal"
        RESTORATION = "restoration"  # of a counter-notice about which nobody decided
        REVIEW = "review"  # of a block that ends soon although its ruling has no end

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=12, choices=Kind)
    case = models.ForeignKey("consent.Case", on_delete=models.PROTECT, related_name="breaches")
    target = models.UUIDField(help_text="The row whose time it was.")
    due_at = models.DateTimeField()
    noticed_at = models.DateTimeField(db_default=Now(), editable=False)
    entry = models.OneToOneField("ledger.Entry", on_delete=models.PROTECT, related_name="+")

    class Meta:
        """Once for each time, and newest first."""

        verbose_name_plural = "breaches"
        constraints = (
            models.CheckConstraint(
                condition=Q(kind__in=["case", "appeal", "restoration", "review"]), name="breach_kind_known"
            ),
            models.UniqueConstraint(fields=["kind", "target", "due_at"], name="breach_once_a_time"),
        )
        indexes = (models.Index(fields=["-noticed_at", "-id"], name="breach_by_time"),)

    def __str__(self) -> str:
        """Say which clock."""
        return f"breach {self.pk} ({self.kind})"
