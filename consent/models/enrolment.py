"""Enrolments: the calibration clips that prove a likeness."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models.functions import Now

MEASURED_ONLY = "measured-only"  # a face that moves and a voice, and nobody had asked for anything
PROMPTED = "prompted-capture"  # the recorded clip followed a random challenge
VENDOR = "vendor-pad:"  # and a vendor vouches for the camera; the scheme follows


class Enrolment(models.Model):
    """One accepted calibration clip. The clip is sealed under the holder's subject."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    likeness = models.ForeignKey("consent.Likeness", on_delete=models.PROTECT, related_name="enrolments")
    blob = models.OneToOneField("ledger.Blob", on_delete=models.PROTECT, related_name="+")
    probe = models.JSONField(help_text="What was measured in the clip.")
    notice_sha256 = models.CharField(max_length=64, help_text="Hex SHA-256 of the notice shown before the upload.")
    assurance = models.CharField(
        max_length=64, default=MEASURED_ONLY, db_default=MEASURED_ONLY, help_text="What may be claimed of the clip."
    )
    # null: no template was made, or a newer enrolment has one in its place
    template = models.OneToOneField("ledger.Sealed", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
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
            models.CheckConstraint(
                condition=models.Q(assurance__in=[MEASURED_ONLY, PROMPTED]) | models.Q(assurance__startswith=VENDOR),
                name="enrolment_assurance_known",
            ),
        )

    def __str__(self) -> str:
        """Name the likeness."""
        return f"enrolment of {self.likeness_id}"
