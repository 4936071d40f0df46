"""Enrolments: the calibration clips that prove a likeness."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models.functions import Now


class Enrolment(models.Model):
    """One accepted calibration clip. The clip is sealed under the holder's subject."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    likeness = models.ForeignKey("consent.Likeness", on_delete=models.PROTECT, related_name="enrolments")
    blob = models.OneToOneField("ledger.Blob", on_delete=models.PROTECT, related_name="+")
    probe = models.JSONField(help_text="What was measured in the clip.")
    notice_sha256 = models.CharField(max_length=64, help_text="Hex SHA-256 of the notice shown before the upload.")
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    entry = models.OneToOneField("ledger.Entry", on_delete=models.PROTECT, related_name="+")
    erased_at = models.DateTimeField(null=True, blank=True)  # null: not erased

    class Meta:
        """Newest last."""

        ordering = ("created_at", "id")
        constraints = (
            models.CheckConstraint(
                condition=models.Q(~models.Q(probe={}), erased_at=None) | models.Q(erased_at__isnull=False, probe={}),
                name="enrolment_blank_means_erased",
            ),
        )

    def __str__(self) -> str:
        """Name the likeness."""
        return f"enrolment of {self.likeness_id}"
